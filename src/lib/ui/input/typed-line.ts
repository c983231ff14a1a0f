// A line that somebody types, key by key, with the keys that correct it.

import {withoutEscapeSequences} from '../../util/escape-sequences.ts'

const backspaces = new Set(['\u007f', '\b'])
const clear = '\u0015'
const eraseWord = '\u0017'

/** F1 and the like, which are no sequence of their own elsewhere. */
const functionKeys = new RegExp(`${String.fromCodePoint(27)}O.`, 'gs')

export class TypedLine {
  readonly #maxLength: number
  #text = ''

  /** @param maxLength in UTF-16 units; what is typed beyond is ignored */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  get text(): string {
    return this.#text
  }

  /** Takes keys up to the first Enter. Answers the line then, and forgets it and the keys behind; undefined while it goes on. */
  type(keys: string): string | undefined {
    // Those of arrow keys and the like; what a paste is wrapped in looks the same.
    for (const key of withoutEscapeSequences(keys.replaceAll(functionKeys, ''))) {
      if (key === '\r' || key === '\n') {
        const line = this.#text
        this.#text = ''
        return line
      }
      if (backspaces.has(key)) this.#text = Array.from(this.#text).slice(0, -1).join('')
      else if (key === clear) this.#text = ''
      else if (key === eraseWord) this.#text = this.#text.replace(/\S*\s*$/, '')
      else if (!/[\p{Cc}\p{Cf}]/u.test(key) && this.#text.length + key.length <= this.#maxLength) this.#text += key
    }
    return undefined
  }
}
