// A graph for a terminal: lanes and tasks, or, where too many lanes would run side by side, a list of tasks and their needs.

import {formatDuration} from '../terminal/format-time.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {paintState, type Style} from '../terminal/style.ts'
import {asciiLines, drawLanes, unicodeLines} from './lanes.ts'
import {kindOf, type GraphTask, type RunGraph} from './run-graph.ts'

/** Of a task in the list. */
const shownNeeds = 5

export function renderTextGraph(graph: RunGraph, style: Style, hasUnicode: boolean): string {
  const [tasks, hooks] = [graph.tasks.filter(({hook}) => hook === undefined), graph.tasks.filter(({hook}) => hook !== undefined)]
  const parts = [tasks, hooks].filter((part) => part.length > 0)
  return parts.map((part) => renderPart({...graph, tasks: part}, style, hasUnicode)).join('\n')
}

function renderPart(graph: RunGraph, style: Style, hasUnicode: boolean): string {
  const rows = drawLanes(graph, hasUnicode ? unicodeLines : asciiLines)
  if (rows === undefined)
    return graph.tasks.map((task) => `${symbolOf(task, style, hasUnicode)} ${describe(task, style)}${needsOf(task)}\n`).join('')
  return rows
    .map(({task, before, after}) => {
      if (task === undefined) return `${before.trimEnd()}\n`
      return `${before}${symbolOf(task, style, hasUnicode)}${after}  ${describe(task, style)}\n`
    })
    .join('')
}

function symbolOf({status}: GraphTask, style: Style, hasUnicode: boolean): string {
  if (status === undefined) return hasUnicode ? '○' : 'o'
  return paintState(style, status, style.symbols[status])
}

function describe(task: GraphTask, style: Style): string {
  const {id, status, durationMs} = task
  const parts = [sanitizeText(id), style.dim(sanitizeText(kindOf(task)))]
  if (status !== undefined) parts.push(paintState(style, status, status))
  if (durationMs !== undefined) parts.push(style.dim(formatDuration(durationMs)))
  return parts.join('  ')
}

function needsOf({needs}: GraphTask): string {
  if (needs.length === 0) return ''
  const more = needs.length > shownNeeds ? ` and ${String(needs.length - shownNeeds)} more` : ''
  return `  needs ${needs
    .slice(0, shownNeeds)
    .map((need) => sanitizeText(need))
    .join(', ')}${more}`
}
