// What functions may know of the run that goes on: its time, names that are unique to it, and the files beside its workflow.

import {FunctionError} from './function-error.ts'
import type {AddFunction, CurrentBudget} from './add-function.ts'

/** The same for every evaluation of an attempt, also when the run is continued by another process. */
export interface RunFacts {
  /** RFC 3339. */
  readonly now: string
  /** Of this attempt and `name`; the form of a UUID. */
  uuid(name: string): string
  /**
   * SHA-256 of the files that fit, in hex; empty when there is none. Throws a {@link FunctionError}.
   * @param spend is called with the number of bytes before they are read
   */
  hashFiles(patterns: readonly string[], spend: (bytes: number) => void): string
}

/** How many bytes are read in the time of one step. */
const bytesPerStep = 64

export function addRunFactFunctions(add: AddFunction, budget: CurrentBudget, facts: () => RunFacts | undefined): void {
  const answers = (name: string): RunFacts => {
    const known = facts()
    if (known === undefined) throw new FunctionError(`${name}() can only be used while a workflow runs`)
    return known
  }
  const hash = (...patterns: string[]): string =>
    answers('hashFiles').hashFiles(patterns, (bytes) => {
      budget().spend(1 + bytes / bytesPerStep)
    })
  add('now(): google.protobuf.Timestamp', () => new Date(answers('now').now))
  add('uuid(): string', () => answers('uuid').uuid(''))
  add('uuid(string): string', (name: string) => answers('uuid').uuid(name))
  add('hashFiles(string): string', hash)
  add('hashFiles(string, string): string', hash)
  add('hashFiles(string, string, string): string', hash)
}
