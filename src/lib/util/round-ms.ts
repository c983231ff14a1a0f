// Measured times as people and programs see them: to a tenth of a millisecond.

export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
