// The inputs of a run, one on a line.

import type {JsonObject} from '../../util/json.ts'
import {oneLine} from '../reporters/event-text.ts'
import type {Style} from '../terminal/style.ts'

/** Of a value; longer ones are cut. */
const maxCharacters = 200

/** Lines that begin like those of `runs show`. */
export function renderInputs(inputs: JsonObject, style: Style): string {
  return Object.entries(inputs)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      const shown = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}${style.ellipsis}` : text
      return `${style.dim('input'.padEnd(9))} ${oneLine(`${name} = ${shown}`)}\n`
    })
    .join('')
}
