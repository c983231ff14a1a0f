// Functions that answer about the run, and where they have an answer.

/** They have an answer in conditions only, and make a condition one that is asked also after a failure. */
export const statusFunctions: ReadonlySet<string> = new Set(['always', 'success', 'failure', 'cancelled'])

/** They have an answer while a workflow runs, not before. */
export const runFunctions: ReadonlySet<string> = new Set(['now', 'uuid', 'hashFiles'])
