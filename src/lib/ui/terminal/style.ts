// Colours and symbols. A status always has a word or a symbol too, never by colour alone.

import type {RunState, TaskState} from '../../engine/events.ts'
import type {Terminal} from './terminal.ts'

type Paint = (text: string) => string

export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly blue: Paint
  readonly symbols: Readonly<Record<TaskState | RunState, string>>
  /** Stands between a task and its log line. */
  readonly bar: string
  readonly ellipsis: string
  readonly separator: string
  /** The name this program was called by. */
  readonly program: string
}

const unicodeSymbols = {
  pending: '·',
  running: '●',
  waiting: '◌',
  succeeded: '✓',
  failed: '✗',
  skipped: '↷',
  cancelled: '⊘',
  interrupted: '!',
}
const asciiSymbols = {pending: '.', running: '*', waiting: '~', succeeded: '+', failed: 'x', skipped: '-', cancelled: '/', interrupted: '!'}

/** @param program the name the program was called by, for the commands that are shown */
export function createStyle(terminal: Pick<Terminal, 'hasColor' | 'hasUnicode'>, program = 'workflow'): Style {
  // SGR codes of ECMA-48; each closes only what it opened, so they nest.
  const paint = (open: number, close: number): Paint =>
    terminal.hasColor ? (text) => `\u001b[${String(open)}m${text}\u001b[${String(close)}m` : (text) => text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    symbols: terminal.hasUnicode ? unicodeSymbols : asciiSymbols,
    bar: terminal.hasUnicode ? '│' : '|',
    ellipsis: terminal.hasUnicode ? '…' : '...',
    separator: terminal.hasUnicode ? '·' : '-',
    program,
  }
}

/** The colour that goes with a state. */
export function paintState(style: Style, state: TaskState | RunState, text: string): string {
  if (state === 'succeeded') return style.green(text)
  if (state === 'failed') return style.red(text)
  if (state === 'cancelled' || state === 'interrupted') return style.yellow(text)
  return state === 'running' || state === 'waiting' ? style.blue(text) : style.dim(text)
}
