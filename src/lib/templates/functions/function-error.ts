// What a function of the expression language says when it cannot do its work.

/** A sentence for the user; expression.ts adds the position. */
export class FunctionError extends Error {
  /** Which of the operands is wrong, from 0: the receiver of a method is the first. Absent: the call as a whole. */
  readonly operand: number | undefined
  /** Of the operand, in the source that was evaluated. Set where the call is known. */
  range: {readonly start: number; readonly end: number} | undefined

  constructor(message: string, operand?: number) {
    super(message)
    this.operand = operand
  }
}
