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
    const found = distance(wanted, candidate.toLowerCase(), limit)
    if (found > limit || (found === limit && best !== undefined)) continue
    best = candidate
    limit = found
    if (found === 0) break
  }
  return best
}

/** For "did you mean" as a sentence. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const meant = nearest(name, known)
  return meant === undefined ? undefined : `did you mean "${meant}"?`
}

/** The distance, or more than `limit` when it is larger. Both texts have fewer than 150 characters. */
function distance(a: string, b: string, limit: number): number {
  let [beforeLast, last, current] = [new Uint8Array(b.length + 1), new Uint8Array(b.length + 1), new Uint8Array(b.length + 1)]
  for (let column = 0; column <= b.length; column++) last[column] = column
  for (let row = 1; row <= a.length; row++) {
    current[0] = row
    let least = row
    for (let column = 1; column <= b.length; column++) {
      const isSame = a.charCodeAt(row - 1) === b.charCodeAt(column - 1)
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (isSame ? 0 : 1))
      if (row > 1 && column > 1 && a.charCodeAt(row - 1) === b.charCodeAt(column - 2) && a.charCodeAt(row - 2) === b.charCodeAt(column - 1))
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current[column] = cost
      if (cost < least) least = cost
    }
    ;[beforeLast, last, current] = [last, current, beforeLast]
    // A swap may lead back by one.
    if (least > limit + 1) return limit + 1
  }
  return last[b.length] ?? 0
}
