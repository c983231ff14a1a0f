// The two output streams with what they can show. Everything a command prints goes through here.

import {createStyle, type Style} from './style.ts'
import {detectTerminal, type OutputStream, type Terminal, type TerminalSettings} from './terminal.ts'
import {TextWriter} from './text-writer.ts'

/** As of the terminals that everything once was made for. */
const defaultRows = 24

/** What the ui must know of the environment. */
export interface UiEnvironment {
  readonly terminal: TerminalSettings
  /** The variable that says that nobody looks at a live display. */
  readonly unattendedBy: string | undefined
  /** Its logs fold groups and show annotations. */
  readonly isGithubActions: boolean
}

export interface UiStreams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly environment: UiEnvironment
  /** The name this program was called by. */
  readonly program: string
}

/** stdout (`out…`) is for data, stderr (`err…`) for everything else. */
export interface Ui {
  readonly environment: UiEnvironment
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

export function createUi({stdout, stderr, environment, program}: UiStreams): Ui {
  const out = new TextWriter(stdout)
  const err = new TextWriter(stderr)
  const outTerminal = detectTerminal(stdout, environment.terminal)
  const errTerminal = detectTerminal(stderr, environment.terminal)
  return {
    environment,
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
