// `NODE_DEBUG` makes Node print what it does, environments of processes included, to stderr and past every masker.

interface Output {
  write: NodeJS.WritableStream['write']
}

/** From now on text that anything in this process writes to `stderr` is masked, until the returned function is called. */
export function maskDebugOutput(stderr: Output, mask: (text: string) => string): () => void {
  const original = stderr.write
  const write = original.bind(stderr) as (chunk: string | Uint8Array, ...rest: unknown[]) => boolean
  stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => write(typeof chunk === 'string' ? mask(chunk) : chunk, ...rest)
  return () => {
    stderr.write = original
  }
}
