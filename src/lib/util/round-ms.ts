// Measured times as they are told to people and programs: tenths of a millisecond say all there is to say.

export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
