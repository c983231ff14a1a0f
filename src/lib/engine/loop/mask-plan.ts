// A plan as it may be kept: a value of a secret may stand in it as literal text, or come from `--var`.

import {defined} from '../../util/defined.ts'
import type {JsonValue} from '../../util/json.ts'
import type {Plan} from '../plan.ts'
import type {KeptPlan} from '../ports.ts'
import type {RunSecrets} from '../run-secrets.ts'
import {contextOfPlan} from '../sealed-output.ts'

/** What masking hides of a plan is kept sealed, when there is something to seal with. */
export function maskPlan(plan: Plan, run: string, secrets?: RunSecrets): KeptPlan {
  if (secrets === undefined) return {plan, isMasked: false}
  // Plain by its definition; an interface is not assignable to a type with an index.
  const value = plan as unknown as JsonValue
  const masked = secrets.masker.maskJson(value)
  if (masked === value) return {plan, isMasked: false}
  const sealed = secrets.sealer?.seal(Buffer.from(JSON.stringify(plan)), {run, ...contextOfPlan})
  return {plan: masked as unknown as Plan, isMasked: true, ...defined({sealed})}
}
