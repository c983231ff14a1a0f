// A number with its noun.

/** `1 task`, `2 tasks`. */
export function count(amount: number, noun: string): string {
  return `${String(amount)} ${noun}${amount === 1 ? '' : 's'}`
}
