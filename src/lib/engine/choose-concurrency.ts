// How many tasks run at a time: what was asked for, as far as the system has room.

interface Wishes {
  /** From the command line, the environment, a configuration file, or the number of cores. */
  readonly concurrency: number
  readonly concurrencyFrom: 'flag' | 'environment' | 'project' | 'user' | 'default'
  /** Of the workflow. */
  readonly parallelism: number | undefined
  /** How many files this process may have open; undefined where that is not known. */
  readonly openFileLimit: number | undefined
}

/** The pipes of a task, its share of the processes that start it, and its part in what is opened for a moment. */
const filesPerTask = 8
/** The database, the terminal, and what Node itself has open. */
const ownFiles = 40

/** The command line and the environment overrule the workflow; configuration files are for workflows that say nothing. */
export function chooseConcurrency({concurrency, concurrencyFrom, parallelism, openFileLimit}: Wishes): number {
  const isOverruling = concurrencyFrom === 'flag' || concurrencyFrom === 'environment'
  const wanted = isOverruling ? concurrency : (parallelism ?? concurrency)
  if (openFileLimit === undefined) return wanted
  return Math.max(1, Math.min(wanted, Math.floor((openFileLimit - ownFiles) / filesPerTask)))
}
