// Matches paths against patterns: `*` and `?` within a name, `**` for any number of directories. Time is bounded by pattern length times path length.

/** Whether `path` (names joined by `/`) fits `pattern`. Wildcards match a leading dot only when `hidden` is true. */
export function matchPath(pattern: string, path: string, hidden: boolean): boolean {
  return matchNames(pattern.split('/'), path.split('/'), hidden)
}

// The one loop for both levels: greedy, and on a mismatch the latest wildcard takes one more.
function matchSequence<P, T>(
  patterns: readonly P[],
  items: readonly T[],
  isWild: (pattern: P) => boolean,
  fits: (pattern: P, item: T) => boolean,
  mayTake: (item: T) => boolean,
): boolean {
  let at = 0
  let wildAt = -1
  let wildFrom = 0
  let index = 0
  while (index < items.length) {
    const pattern = patterns[at]
    const item = items[index]
    if (item === undefined) return false
    if (pattern !== undefined && isWild(pattern)) {
      wildAt = at++
      wildFrom = index
    } else if (pattern !== undefined && fits(pattern, item)) {
      at += 1
      index += 1
    } else {
      const taken = items[wildFrom]
      if (wildAt === -1 || taken === undefined || !mayTake(taken)) return false
      wildFrom += 1
      index = wildFrom
      at = wildAt + 1
    }
  }
  return patterns.slice(at).every(isWild)
}

function matchNames(patterns: readonly string[], names: readonly string[], hidden: boolean): boolean {
  // `**` as the last name stands for what is below a directory, so it needs at least one name there.
  const full = patterns.at(-1) === '**' ? [...patterns, '*'] : patterns
  return matchSequence(
    full,
    names,
    (pattern) => pattern === '**',
    (pattern, name) => matchName(pattern, name, hidden),
    (name) => hidden || !name.startsWith('.'),
  )
}

function matchName(pattern: string, name: string, hidden: boolean): boolean {
  if (name.startsWith('.') && !hidden && !pattern.startsWith('.')) return false
  return matchSequence(
    Array.from(pattern),
    Array.from(name),
    (character) => character === '*',
    (character, own) => character === '?' || character === own,
    () => true,
  )
}
