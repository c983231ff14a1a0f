// Something that is opened when it is first asked for, and once.

/** Makes a function that opens at its first call and gives the same thing at every later one. A failure is not kept: its cause may be put right. */
export function openOnce<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
}
