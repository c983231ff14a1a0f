// A ui whose streams keep what is written to them.

import {readEnvironment} from '../../src/lib/config/environment.ts'
import {createUi, type Ui} from '../../src/lib/ui/terminal/ui.ts'
import type {OutputStream} from '../../src/lib/ui/terminal/terminal.ts'

interface CapturedStream extends OutputStream {
  text: string
}

export function capturedStream(terminal: {readonly isTTY?: boolean; readonly columns?: number} = {}): CapturedStream {
  return {
    ...terminal,
    text: '',
    write(text) {
      this.text += text
      return true
    },
    once: () => undefined,
    on: () => undefined,
  }
}

/** On a terminal: 100 columns, UTF-8, and colours only when `env` asks for them. */
export function capturedUi(options: {readonly isTty?: boolean; readonly env?: Readonly<Record<string, string>>} = {}): {
  ui: Ui
  stdout: CapturedStream
  stderr: CapturedStream
} {
  const terminal = options.isTty ? {isTTY: true, columns: 100} : {}
  const stdout = capturedStream(terminal)
  const stderr = capturedStream(terminal)
  const environment = readEnvironment({LANG: 'en_US.UTF-8', ...(options.env ?? {NO_COLOR: '1'})})
  const ui = createUi({stdout, stderr, program: 'workflow', environment})
  return {ui, stdout, stderr}
}
