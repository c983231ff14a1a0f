// How many tasks run at a time: what was asked for, as far as the system has room.

interface Wishes {
  /** From the command line, the environment, a configuration file, or the number of cores. */
  readonly concurrency: number
  readonly concurrencyFrom: 'flag' | 'environment' | 'project' | 'user' | 'default'
  /** Of the workflow. */
  readonly parallelism: number | undefined
  /** How many files this process may have open; undefined where that is not known. */
  readonly openFileLimit: number | undefined
  /** How many processes and threads its user may have; undefined where that is not known. */
  readonly processLimit: number | undefined
}

/** The pipes of a task, its share of the processes that start it, and its part in what is opened for a moment. */
const filesPerTask = 8
/** The database, the terminal, and what Node itself has open. */
const ownFiles = 40
/** What starts it, its shell, and what that starts. */
const processesPerTask = 3
/** Node's threads count as processes. */
const ownProcesses = 14

/** The command line and the environment overrule the workflow; configuration files are for workflows that say nothing. */
export function chooseConcurrency({concurrency, concurrencyFrom, parallelism, openFileLimit, processLimit}: Wishes): number {
  const isOverruling = concurrencyFrom === 'flag' || concurrencyFrom === 'environment'
  const wanted = isOverruling ? concurrency : (parallelism ?? concurrency)
  const byFiles = openFileLimit === undefined ? wanted : Math.floor((openFileLimit - ownFiles) / filesPerTask)
  const byProcesses = processLimit === undefined ? wanted : Math.floor((processLimit - ownProcesses) / processesPerTask)
  return Math.max(1, Math.min(wanted, byFiles, byProcesses))
}
