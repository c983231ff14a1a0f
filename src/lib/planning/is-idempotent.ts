// Whether running an action twice with these inputs has the same effect as running it once.

import type {ActionDef} from '../plugins/manifest.ts'
import type {JsonObject} from '../util/json.ts'

/** @param inputs with templates: what one of them gives is not known yet, and is none of the values of a case */
export function isIdempotent({idempotent}: ActionDef, inputs: JsonObject): boolean {
  if (typeof idempotent === 'boolean') return idempotent
  return idempotent.some((inputCase) =>
    Object.entries(inputCase).every(([name, wanted]) => {
      const value = inputs[name] ?? null
      return typeof wanted === 'object' && wanted !== null ? wanted.some((one) => one === value) : wanted === value
    }),
  )
}
