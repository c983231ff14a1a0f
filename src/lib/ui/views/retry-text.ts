// Which tasks a run would repeat that retries another, for people.

import {count} from '../terminal/count.ts'
import {oneLine} from '../reporters/event-text.ts'
import type {Ui} from '../terminal/ui.ts'

interface ShownTask {
  readonly id: string
  readonly state: 'keeps' | 'runs' | 'skips' | 'maybe'
  readonly reasons: readonly string[]
  readonly items?: readonly {readonly key: string; readonly state: string; readonly reasons: readonly string[]}[]
}

const words = {keeps: 'keeps its result', runs: 'runs', skips: 'is skipped', maybe: 'may run'} as const

/** Items that run and are listed. */
const mostItems = 20

/** For stdout. */
export function renderRetry({retryOf, tasks}: {readonly retryOf: string; readonly tasks: readonly ShownTask[]}, {outStyle}: Ui): string {
  const width = Math.min(32, Math.max(0, ...tasks.map(({id}) => id.length)))
  const lines = tasks.map((task) => `  ${task.id.padEnd(width)}  ${describe(task.state, task.reasons)}\n${listItems(task, width)}`)
  return `${outStyle.bold(`retry of run ${retryOf}`)}\n${lines.join('')}`
}

function describe(state: keyof typeof words, reasons: readonly string[]): string {
  return reasons.length === 0 ? words[state] : `${words[state]}: ${oneLine(reasons.join(', '))}`
}

function listItems({id, items = []}: ShownTask, width: number): string {
  const open = items.filter(({state}) => state === 'runs')
  const lines = open
    .slice(0, mostItems)
    .map(({key, reasons}) => `    ${`${id}[${oneLine(key)}]`.padEnd(width)}  ${describe('runs', reasons)}\n`)
  const left = open.length - lines.length
  return lines.join('') + (left > 0 ? `    and ${count(left, 'more item')}\n` : '')
}
