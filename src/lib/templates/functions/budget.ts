// How much work templates may do. They are evaluated in the process of the command, where nothing else happens meanwhile: no Ctrl-C, no
// timeout. So each evaluation counts its steps and ends when there are too many (docs/decisions/0014-template-budget.md).

/** Half a second; two where most of them are errors. */
export const maxSteps = 5_000_000
/** Of a condition, a twentieth: the conditions of many tasks may be asked in one go. */
export const maxConditionSteps = 250_000
/** Characters of one text. */
export const maxTextLength = 16 * 1024 * 1024
const maxListLength = 1_000_000
/** Of all values together that one evaluation gives: characters of texts, and one for every other value. */
const maxResultSize = 64 * 1024 * 1024

/** Copying or comparing this many characters costs as much as one step of the evaluator. */
const charactersPerStep = 16

/** A sentence for the user and what to do about it; the caller, who knows the text, adds the position. */
export class BudgetError extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

const shown = (count: number): string => count.toLocaleString('en-US').replaceAll(',', ' ')
const inTask = 'do it in a task, for example with a script in core/shell.run, which has a timeout and can be stopped'

/** Shared by all templates that are evaluated in one go, such as the inputs of a task. */
export class Budget {
  readonly #steps: number
  #left: number
  #resultLeft = maxResultSize

  constructor(steps = maxSteps) {
    this.#steps = steps
    this.#left = steps
  }

  /** Once there are none left, every further call throws: expressions can go on after an error (`a || b`, `exists`), but not after this one. */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0)
      throw new BudgetError(
        `the template does too much work: stopped after ${shown(this.#steps)} steps`,
        `let it process fewer items or shorter texts; or ${inTask}`,
      )
  }

  spendOnText(length: number): void {
    this.spend(length / charactersPerStep)
  }

  /** For work that visits every part of a value. Gives the number of characters and parts. */
  spendOnAll(value: unknown): number {
    const {parts, characters} = measure(value, this.#left + 1)
    this.spend(parts + characters / charactersPerStep)
    return parts + characters
  }

  /** Before a text of this length is made. */
  allowText(length: number): void {
    if (length > maxTextLength)
      throw new BudgetError(
        `the text would have more than ${shown(maxTextLength)} characters`,
        `work on smaller parts of the data; or ${inTask}, and pass the data as a file`,
      )
    this.spendOnText(length)
  }

  /** Before a list of this length is made from others. */
  allowList(length: number): void {
    if (length > maxListLength)
      throw new BudgetError(
        `the list would have more than ${shown(maxListLength)} items`,
        `work on smaller parts of the data; or ${inTask}`,
      )
    this.spend(length)
  }

  /** A value that leaves the template: it is copied, and perhaps written as JSON. */
  allowResult(value: unknown): void {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return
    const {parts, characters} = measure(value, this.#resultLeft + 1)
    this.#resultLeft -= parts + characters
    if (this.#resultLeft < 0)
      throw new BudgetError(
        `the values of the templates are too large together: more than ${shown(maxResultSize)} characters`,
        'pass large data as a file',
      )
  }
}

/** Parts and characters of a value, each part as often as it appears. Stops counting a little beyond `limit` parts or characters. */
function measure(value: unknown, limit: number): {parts: number; characters: number} {
  let parts = 0
  let characters = 0
  const open: unknown[] = [value]
  while (open.length > 0 && parts + characters / charactersPerStep <= limit) {
    const at = open.pop()
    parts++
    if (typeof at === 'string') characters += at.length
    else if (typeof at !== 'object' || at === null) continue
    else if (at instanceof Uint8Array) characters += at.length
    else if (Array.isArray(at)) {
      // A list that is too long by itself is not copied to find that out.
      if (at.length > limit) parts += at.length
      else for (const item of at) open.push(item)
    } else if (at instanceof Map) {
      for (const [key, item] of at) open.push(key, item)
    } else
      for (const [key, item] of Object.entries(at)) {
        characters += key.length
        open.push(item)
      }
  }
  return {parts, characters}
}
