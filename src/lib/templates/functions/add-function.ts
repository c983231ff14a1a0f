// How groups of functions are added to the expression language.

import type {Budget} from './budget.ts'

/** Signature of CEL, for example `join(list, string): string`. The handler is called with values of CEL. */
export type AddFunction = (signature: string, handler: (...args: never[]) => unknown) => void

/** The budget of the evaluation that is going on. */
export type CurrentBudget = () => Budget
