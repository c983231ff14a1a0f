// A graph in the DOT language of Graphviz (https://graphviz.org/doc/info/lang.html).

import type {TaskState} from '../../engine/events.ts'
import {kindOf, type RunGraph} from './run-graph.ts'

const colours: Partial<Record<TaskState, string>> = {
  succeeded: 'palegreen',
  failed: 'lightsalmon',
  running: 'lightblue',
  skipped: 'lightgray',
  cancelled: 'khaki',
  interrupted: 'khaki',
}

export function renderDotGraph({workflow, tasks}: RunGraph): string {
  const known = new Set(tasks.map(({id}) => id))
  const lines = [`digraph ${quote(workflow)} {`, '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"]']
  for (const task of tasks) {
    const {id, status} = task
    const colour = status === undefined ? undefined : colours[status]
    lines.push(`  ${quote(id)} [label=${quote(id, kindOf(task))}${colour === undefined ? '' : `, fillcolor=${colour}`}]`)
  }
  for (const {id, needs} of tasks) {
    for (const need of new Set(needs)) if (known.has(need)) lines.push(`  ${quote(need)} -> ${quote(id)}`)
  }
  return `${lines.join('\n')}\n}\n`
}

/** Lines of a label, or the one of a name. */
function quote(...texts: string[]): string {
  return `"${texts.map((text) => text.replace(/\p{Cc}/gu, ' ').replace(/["\\]/g, '\\$&')).join('\\n')}"`
}
