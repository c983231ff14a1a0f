// The one way a template fails: while it is parsed, or while it is evaluated.

export interface TemplatePart {
  /** In UTF-16 units of the template text. */
  readonly start: number
  readonly length: number
}

/** `message` is a sentence and holds names and types, never values. */
export class TemplateError extends Error {
  readonly hint: string | undefined
  /** The part of the text it is about. */
  readonly part: TemplatePart
  /** Where in a nested value the text stands; empty for the value itself. */
  readonly path: readonly (string | number)[]
  /** A name that is not there: what `??` catches. */
  readonly isMissing: boolean

  constructor(
    message: string,
    part: TemplatePart,
    options: {hint?: string | undefined; isMissing?: boolean; cause?: unknown; path?: readonly (string | number)[]} = {},
  ) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause})
    this.name = 'TemplateError'
    this.part = part
    this.hint = options.hint
    this.isMissing = options.isMissing ?? false
    this.path = options.path ?? []
  }

  /** The same error, seen from a text in which this one's text starts at `offset`. */
  movedBy(offset: number): TemplateError {
    const {start, length} = this.part
    return new TemplateError(this.message, {start: start + offset, length}, {hint: this.hint, isMissing: this.isMissing, cause: this.cause})
  }

  /** The same error, with the position of its text in a nested value. */
  at(path: readonly (string | number)[]): TemplateError {
    return new TemplateError(this.message, this.part, {hint: this.hint, isMissing: this.isMissing, cause: this.cause, path})
  }
}
