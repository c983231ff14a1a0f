// The environment that an image gives its programs.

/** PATH and its like, where programs of the image are found. */
export function variablesOf({env}: {readonly env: readonly string[]}): Record<string, string> {
  return Object.fromEntries(env.map((entry): [string, string] => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
}
