// A graph as rows of characters, as `git log --graph` draws one: each task has a row, each lane leads down to a task that is still to come. Pure.

import {Graph} from '../../workflow/graph.ts'
import {dependentsOf, type GraphTask, type RunGraph} from './run-graph.ts'

/** The characters of a cell by where lines leave it: a sum of {@link up}, {@link down}, {@link left} and {@link right}. */
export type LineSet = readonly string[]

const up = 1
const down = 2
const left = 4
const right = 8

export const unicodeLines: LineSet = [' ', '│', '│', '│', '─', '╯', '╮', '┤', '─', '╰', '╭', '├', '─', '┴', '┬', '┼']
export const asciiLines: LineSet = [' ', '|', '|', '|', '-', '+', '+', '+', '-', '+', '+', '+', '-', '+', '+', '+']

export interface LaneRow {
  /** Of a row that shows a task; the others show lines only. */
  readonly task?: GraphTask
  /** The lines before and after the symbol of the task, or all of the row. */
  readonly before: string
  readonly after: string
}

/** Rows from top to bottom; undefined when more than `maxLanes` would run side by side. */
export function drawLanes(graph: RunGraph, lines: LineSet, maxLanes = 40): LaneRow[] | undefined {
  const dependents = dependentsOf(graph)
  const tasks = new Map(graph.tasks.map((task) => [task.id, task]))
  /** What each lane leads to; a lane that leads nowhere is free. */
  const lanes: (string | undefined)[] = []
  const rows: LaneRow[] = []
  /** The lane whose last task has no dependents: a task below it must not look like one. */
  let ended: number | undefined
  for (const id of new Graph(graph.tasks).order()) {
    const task = tasks.get(id)
    if (task === undefined) continue
    const isRoot = !lanes.includes(id)
    const lane = isRoot ? freeLane(lanes) : lanes.indexOf(id)
    if (isRoot && lane === ended) rows.push({before: lanesText(lanes, lines), after: ''})
    lanes[lane] = id
    rows.push({task, before: cellsText(lanes.slice(0, lane), lines), after: lanesText(lanes.slice(lane + 1), lines, ' ')})
    const targets = dependents.get(id) ?? []
    ended = targets.length === 0 ? lane : undefined
    const connector = connect(lanes, lane, targets, lines)
    if (lanes.length > maxLanes) return undefined
    if (connector !== undefined) rows.push({before: connector, after: ''})
  }
  return rows
}

/** Leads a lane on to all targets. Changes `lanes`; the text of the row in which it happens, if lines branch or join in it. */
function connect(lanes: (string | undefined)[], lane: number, targets: readonly string[], lines: LineSet): string | undefined {
  const before = [...lanes]
  lanes.splice(lane, 1, undefined)
  const ends: number[] = []
  for (const target of targets) {
    let end = lanes.indexOf(target)
    if (end < 0) {
      end = lanes[lane] === undefined ? lane : freeLane(lanes, lane)
      lanes[end] = target
    }
    ends.push(end)
  }
  while (lanes.length > 0 && lanes.at(-1) === undefined) lanes.pop()
  if (ends.every((end) => end === lane)) return undefined
  return connectorText({before, after: lanes, lane, ends: new Set(ends), lines})
}

interface Connector {
  readonly before: readonly (string | undefined)[]
  readonly after: readonly (string | undefined)[]
  readonly lane: number
  readonly ends: ReadonlySet<number>
  readonly lines: LineSet
}

function connectorText({before, after, lane, ends, lines}: Connector): string {
  const first = Math.min(lane, ...ends)
  const last = Math.max(lane, ...ends)
  let text = ''
  for (let index = 0; index <= Math.max(last, before.length - 1, after.length - 1); index += 1) {
    const isPart = index === lane || ends.has(index)
    let cell = 0
    if (before[index] !== undefined) cell |= up
    if (after[index] !== undefined) cell |= down
    if (isPart && index > first && index <= last) cell |= left
    if (isPart && index < last && index >= first) cell |= right
    // A crossed lane stays on top of the line that goes to the others.
    const isCrossed = !isPart && index > first && index < last && cell === 0
    text += lines[isCrossed ? left | right : cell] ?? ''
    text += lines[index >= first && index < last ? left | right : 0] ?? ''
  }
  return text.trimEnd()
}

/** The first free lane behind `from`, else the first one that is free. */
function freeLane(lanes: readonly (string | undefined)[], from = -1): number {
  for (let index = from + 1; index < lanes.length; index += 1) if (lanes[index] === undefined) return index
  return lanes.length
}

function cellsText(lanes: readonly (string | undefined)[], lines: LineSet): string {
  return lanes.map((target) => `${lines[target === undefined ? 0 : up | down] ?? ''} `).join('')
}

function lanesText(lanes: readonly (string | undefined)[], lines: LineSet, before = ''): string {
  const text = cellsText(lanes, lines).trimEnd()
  return text === '' ? '' : `${before}${text}`
}
