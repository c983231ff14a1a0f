// The two output streams with what they can show. Everything a command prints goes through here.

import {createStyle, type Style} from './style.ts'
import {detectTerminal, type Environment, type OutputStream, type Terminal} from './terminal.ts'
import {TextWriter} from './text-writer.ts'

/** As of the terminals that everything once was made for. */
const defaultRows = 24

export interface UiStreams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Environment
  /** The name this program was called by. */
  readonly program: string
}

/** stdout (`out…`) is for data, stderr (`err…`) for everything else. */
export interface Ui {
  readonly env: Environment
  readonly out: TextWriter
  readonly err: TextWriter
  readonly outTerminal: Terminal
  readonly errTerminal: Terminal
  readonly outStyle: Style
  readonly errStyle: Style
  /** The width of stderr now; windows are resized. */
  readonly errColumns: () => number
  /** The height of stderr now. */
  readonly errRows: () => number
  /** Resolves when both streams have taken everything. */
  readonly flush: () => Promise<void>
}

export function createUi({stdout, stderr, env, program}: UiStreams): Ui {
  const out = new TextWriter(stdout)
  const err = new TextWriter(stderr)
  const outTerminal = detectTerminal(stdout, env)
  const errTerminal = detectTerminal(stderr, env)
  return {
    env,
    out,
    err,
    outTerminal,
    errTerminal,
    outStyle: createStyle(outTerminal, program),
    errStyle: createStyle(errTerminal, program),
    errColumns: () => stderr.columns ?? errTerminal.columns,
    errRows: () => stderr.rows ?? defaultRows,
    flush: async () => {
      await out.flush()
      await err.flush()
    },
  }
}
