// A graph in the notation of Mermaid, which GitHub and many wikis draw (https://mermaid.js.org/syntax/flowchart.html).

import type {TaskState} from '../../engine/events.ts'
import {kindOf, type RunGraph} from './run-graph.ts'

/** Fill and line, readable on light and on dark pages. */
const colours: Partial<Record<TaskState, string>> = {
  succeeded: 'fill:#d7f5dd,stroke:#1a7f37,color:#0b3d1a',
  failed: 'fill:#ffe0dd,stroke:#cf222e,color:#5c0a12',
  running: 'fill:#ddeeff,stroke:#0969da,color:#062c54',
  skipped: 'fill:#eeeeee,stroke:#8c8c8c,color:#444444,stroke-dasharray:4',
  cancelled: 'fill:#fff3cd,stroke:#9a6700,color:#4d3400',
  interrupted: 'fill:#fff3cd,stroke:#9a6700,color:#4d3400',
}

export function renderMermaidGraph({tasks}: RunGraph): string {
  // Ids of tasks may be words of the notation, such as `end`.
  const names = new Map(tasks.map(({id}, index) => [id, `t${String(index)}`]))
  const lines = ['flowchart TD']
  for (const task of tasks) {
    const {id, status} = task
    const colour = status !== undefined && status in colours ? `:::${status}` : ''
    lines.push(`  ${names.get(id) ?? ''}["${escape(id)}<br/><small>${escape(kindOf(task))}</small>"]${colour}`)
  }
  for (const {id, needs} of tasks) {
    for (const need of new Set(needs)) {
      const from = names.get(need)
      if (from !== undefined) lines.push(`  ${from} --> ${names.get(id) ?? ''}`)
    }
  }
  const used = new Set(tasks.map(({status}) => status))
  for (const [status, colour] of Object.entries(colours)) if (used.has(status as TaskState)) lines.push(`  classDef ${status} ${colour}`)
  return `${lines.join('\n')}\n`
}

/** As numeric entities, which Mermaid writes with a #; control characters have none. */
function escape(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/["#<>&;[\](){}|\\`]/g, (character) => `#${String(character.charCodeAt(0))};`)
}
