// Names runs so that they sort by time and can be typed.

/** `20260131-235959-4f2a9c`: UTC date and time, then six random hex digits. */
export function createRunId(nowMs: number, randomBytes: Uint8Array): string {
  const digits = new Date(nowMs).toISOString().replace(/[-:T]/g, '')
  const suffix = [...randomBytes.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${suffix}`
}
