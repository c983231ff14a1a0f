// Which of the known names did the user mean? Optimal string alignment distance (Damerau-Levenshtein without overlapping edits).

/**
 * The known name nearest to `name`, for "did you mean". Undefined when none is near: at most a third of the letters may differ (one letter
 * for short names). Upper and lower case count as the same letter.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  if (wanted.length > 100) return undefined
  let limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > limit) continue
    const found = distance(wanted, candidate.toLowerCase())
    if (found > limit || (found === limit && best !== undefined)) continue
    best = candidate
    limit = found
    if (found === 0) break
  }
  return best
}

function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({length: b.length + 1}, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (isSame ? 0 : 1))
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
