// Which status codes count as success.

/** A code, or a range such as `200-299`. */
export type StatusRange = number | string

export function isExpected(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some((range) => {
    const [from = NaN, to = from] = String(range).split('-').map(Number)
    return status >= from && status <= to
  })
}
