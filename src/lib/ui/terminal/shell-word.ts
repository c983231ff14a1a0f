// A word of a command that people copy into their shell.

/** In quotes where a shell would take characters of it for its own. */
export function shellWord(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
