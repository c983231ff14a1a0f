// A plan as it may be kept: a value of a secret may be in it as literal text, or come from `--var`.

import {maskVisible} from '../../masking/mask-visible.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import type {Plan} from '../plan.ts'
import type {KeptPlan} from '../ports.ts'
import {contextOfPlan, contextOfSecrets, type OutputSealer} from '../sealed-output.ts'

export interface PlanSecrets {
  readonly masker: Pick<SecretMasker, 'mask' | 'maskJson'>
  /** Without it, what masking hides is kept nowhere. */
  readonly sealer?: OutputSealer | undefined
  /** By which a resumed run knows values that have changed. */
  readonly fingerprint?: JsonObject | undefined
}

/** What masking hides of a plan is kept sealed, when there is something to seal with; likewise what tells the secrets. */
export function maskPlan(plan: Plan, run: string, secrets?: PlanSecrets): KeptPlan {
  const {fingerprint, sealer} = secrets ?? {}
  const kept = hidePlan(plan, run, secrets)
  if (fingerprint === undefined || sealer === undefined) return kept
  return {...kept, sealedFingerprint: sealer.seal(Buffer.from(JSON.stringify(fingerprint)), {run, ...contextOfSecrets})}
}

function hidePlan(plan: Plan, run: string, secrets?: PlanSecrets): KeptPlan {
  if (secrets === undefined) return {plan, isMasked: false}
  // Plain by its definition; an interface is not assignable to a type with an index.
  const value = plan as unknown as JsonValue
  const {masker, sealer} = secrets
  // Thousands of tasks say the same few things. Looking for values once, in all that is said, takes a tenth of the time.
  const texts = [...textsOf(value, new Set())].join('\n')
  if (maskVisible(masker, texts) === texts) return {plan, isMasked: false}
  const masked = masker.maskJson(value)
  if (masked === value) return {plan, isMasked: false}
  const sealed = sealer?.seal(Buffer.from(JSON.stringify(plan)), {run, ...contextOfPlan})
  return {plan: masked as unknown as Plan, isMasked: true, ...defined({sealed})}
}

/** All texts, names of members, numbers and booleans, each once. */
function textsOf(value: JsonValue, found: Set<string>): Set<string> {
  if (typeof value !== 'object') found.add(String(value))
  else if (Array.isArray(value)) for (const item of value) textsOf(item, found)
  else if (value !== null) {
    for (const [name, item] of Object.entries(value)) {
      found.add(name)
      textsOf(item, found)
    }
  }
  return found
}
