// One line of text on a terminal, shown while it is typed.

import {createInterface} from 'node:readline/promises'

interface LineChannel {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly signal: AbortSignal
}

/** Rejects with an AbortError when the input ends, as for Ctrl-C and Ctrl-D. */
export async function askLine(question: string, {input, output, signal}: LineChannel): Promise<string> {
  const lines = createInterface({input, output, terminal: true})
  const ending = new AbortController()
  const end = (): void => {
    ending.abort()
  }
  lines.on('SIGINT', end)
  lines.on('close', end)
  try {
    return await lines.question(question, {signal: AbortSignal.any([signal, ending.signal])})
  } finally {
    lines.off('close', end)
    lines.close()
  }
}
