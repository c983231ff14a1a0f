// `NODE_DEBUG` makes Node print what it does, environments of processes included, to stderr and past every masker.

interface Output {
  write: NodeJS.WriteStream['write']
}

/** From now on text that is written to `stderr` by anybody in this process is masked. */
export function maskDebugOutput(stderr: Output, mask: (text: string) => string): void {
  const write = stderr.write.bind(stderr) as (chunk: string | Uint8Array, ...rest: unknown[]) => boolean
  stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => write(typeof chunk === 'string' ? mask(chunk) : chunk, ...rest)
}
