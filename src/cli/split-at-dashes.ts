// The words of a command line, and those behind its first `--`, which no flag can take away.

export interface SplitWords {
  readonly words: readonly string[]
  /** As they are; a second `--` is one of them. */
  readonly rest: readonly string[]
}

export function splitAtDashes(argv: readonly string[]): SplitWords {
  const end = argv.indexOf('--')
  return end === -1 ? {words: argv, rest: []} : {words: argv.slice(0, end), rest: argv.slice(end + 1)}
}
