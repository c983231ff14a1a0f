// What a function of the expression language says when it cannot do its work.

/** A sentence for the user; expression.ts adds the position. */
export class FunctionError extends Error {}
