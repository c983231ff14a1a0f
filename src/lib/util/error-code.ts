// The codes of errors that the system answers (`ENOENT`, `EACCES`, …).

/** Whether it is an error with one of these codes. */
export function hasErrorCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}
