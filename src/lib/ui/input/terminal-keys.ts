// Keys of a terminal as they are pressed, without an echo: what is shown of them is drawn by those who ask. Ctrl-C stays a signal.

import {StringDecoder} from 'node:string_decoder'

export interface KeyInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
  unref?(): unknown
}

export interface KeyOptions {
  readonly onText: (text: string) => void
  /** The terminal is gone: nobody presses anything any more. */
  readonly onEnd: () => void
}

const ctrlC = '\u0003'
const ctrlZ = '\u001a'
const ctrlBackslash = '\u001c'

/** Keys that came before anybody saw the question are not an answer to it. */
const deafMs = 200

/** Returns what ends this and gives the terminal back. */
export function listenForKeys(input: KeyInput, {onText, onEnd}: KeyOptions): () => void {
  const decoder = new StringDecoder('utf8')
  let openedAt = performance.now()
  const signal = (name: NodeJS.Signals): void => {
    process.kill(process.pid, name)
  }
  const setRaw = (isRaw: boolean): void => {
    try {
      input.setRawMode?.(isRaw)
    } catch {
      // The terminal is gone; its end is an event.
    }
  }
  const onContinue = (): void => {
    openedAt = performance.now()
    setRaw(true)
  }
  const suspend = (): void => {
    setRaw(false)
    signal('SIGTSTP')
  }
  const onData = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk)
    // In this mode the terminal sends no signals itself.
    if (text.includes(ctrlC)) signal('SIGINT')
    else if (text.includes(ctrlBackslash)) signal('SIGQUIT')
    else if (text.includes(ctrlZ)) suspend()
    else if (performance.now() - openedAt >= deafMs) onText(text)
  }
  const close = (): void => {
    input.off('data', onData)
    for (const event of ['end', 'close', 'error']) input.off(event, ended)
    process.off('SIGCONT', onContinue)
    setRaw(false)
    input.pause()
    // A process that has nothing else to do ends.
    input.unref?.()
  }
  const ended = (): void => {
    close()
    onEnd()
  }
  setRaw(true)
  input.on('data', onData)
  for (const event of ['end', 'close', 'error']) input.on(event, ended)
  process.on('SIGCONT', onContinue)
  input.resume()
  return close
}
