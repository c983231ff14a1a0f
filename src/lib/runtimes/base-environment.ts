// The part of the caller's environment every task process gets. The only place with that list.

const passedOn = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'TERM', 'USER', 'LOGNAME', 'SHELL'])

/** Picks what task processes inherit from `source` (the environment of the command): the list above and `LC_*`, nothing else. */
export function baseEnvironment(source: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (passedOn.has(name) || name.startsWith('LC_'))) picked[name] = value
  }
  return picked
}
