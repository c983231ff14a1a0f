// What a run would need, and whether it is there: one line each.

import {oneLine} from '../reporters/event-text.ts'
import type {Ui} from '../terminal/ui.ts'

interface ShownCheck {
  readonly what: string
  readonly status: 'ok' | 'failed' | 'later'
  readonly task?: string
  readonly message?: string
  readonly hint?: string
  readonly details?: readonly string[]
}

const states = {ok: 'succeeded', failed: 'failed', later: 'pending'} as const

/** For stdout. */
export function renderFileCheck(checks: readonly ShownCheck[], {outStyle: style}: Ui): string {
  const paint = {ok: style.green, failed: style.red, later: style.dim}
  const lines = checks.map(({what, status, task, message, hint, details = []}) => {
    const subject = oneLine(task === undefined ? what : `${task}: ${what}`)
    const head = message === undefined ? subject : `${subject}: ${oneLine(message)}`
    const below = [...details.map(oneLine), ...(hint === undefined ? [] : [hint])]
    return [`${paint[status](style.symbols[states[status]])} ${head}`, ...below.map((line) => `    ${style.dim(line)}`)].join('\n')
  })
  const failed = checks.filter(({status}) => status === 'failed').length
  const end = failed === 0 ? 'ready to run' : `not ready: ${String(failed)} of ${String(checks.length)} checks failed`
  return `${[...lines, '', style.bold(end)].join('\n')}\n`
}
