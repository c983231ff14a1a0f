// What a run has to do with secrets: their values for the tasks that name them, what hides them from everybody else, and what seals outputs.

import type {SecretMasker} from '../../masking/secret-masker.ts'
import type {OutputSealer} from '../../engine/sealed-output.ts'
import type {JsonObject} from '../../util/json.ts'

/** Absent in a run that knows no secrets. */
export interface RunSecrets {
  /** By name: every secret that a task of the plan reads. */
  readonly values: ReadonlyMap<string, string>
  /** Names of the secrets that have a value, whether a task reads it or not. Absent: those of `values`. */
  readonly present?: ReadonlySet<string>
  /** Knows the values, and learns what templates compute from them. */
  readonly masker: SecretMasker
  /** Without it, what masking hides of an output is kept nowhere. */
  readonly sealer?: OutputSealer | undefined
  /** By which a resumed run knows values that have changed. Absent: there is nothing to seal it with. */
  readonly fingerprint?: JsonObject | undefined
}

/** Shorter values are too common to be hidden wherever they occur. */
const leastComputedLength = 8

/**
 * Makes the masker know what an expression has computed from secrets: every text in `value`, names too, unless it is hidden already or stands in the
 * template itself, as one of two words to choose from does.
 */
export function registerComputed(value: unknown, template: string, masker: Pick<SecretMasker, 'add' | 'mask'>): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      if (!Array.isArray(value)) registerText(name, template, masker)
      registerComputed(item, template, masker)
    }
  } else if (typeof value === 'string') registerText(value, template, masker)
  else if (typeof value === 'number') registerText(String(value), template, masker)
}

function registerText(text: string, template: string, masker: Pick<SecretMasker, 'add' | 'mask'>): void {
  if (text.length < leastComputedLength || template.includes(text) || masker.mask(text) !== text) return
  masker.add(text)
}
