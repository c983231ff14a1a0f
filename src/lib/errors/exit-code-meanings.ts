// What each exit code means. The codes of errors are more exact.

export const exitCodeMeanings: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'a task failed, or something you asked for is missing or in the way',
  2: 'wrong usage',
  3: 'the workflow, the configuration or another document is invalid',
  4: 'a secret is missing or damaged, or the master key is missing or wrong',
  5: 'a plugin, its action or its image is missing, invalid or cannot be built',
  6: 'a permission is refused',
  7: 'the run timed out',
  8: 'Docker is needed and not available',
  9: 'the database cannot be read or written, or an output cannot be written',
  10: 'the run waits, and no process drives it: workflow runs resume goes on with it',
  70: 'a bug',
  130: 'interrupted: Ctrl-C (SIGINT)',
  143: 'terminated: SIGTERM or SIGHUP',
}
