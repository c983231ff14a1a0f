// A graph in one of its formats.

import {createStyle} from '../terminal/style.ts'
import type {Ui} from '../terminal/ui.ts'
import type {RunGraph} from './run-graph.ts'
import {renderTextGraph} from './text-graph.ts'

export type GraphFormat = 'ascii' | 'mermaid' | 'svg' | 'dot' | 'json'

/** @param ui where text is shown; without one it has no colours */
export async function renderGraph(graph: RunGraph, format: GraphFormat, ui?: Pick<Ui, 'outStyle' | 'outTerminal'>): Promise<string> {
  switch (format) {
    case 'ascii': {
      const terminal = ui?.outTerminal ?? {hasColor: false, hasUnicode: true}
      return renderTextGraph(graph, ui?.outStyle ?? createStyle(terminal), terminal.hasUnicode)
    }
    case 'mermaid':
      return (await import('./mermaid-graph.ts')).renderMermaidGraph(graph)
    case 'svg':
      return await (await import('./svg-graph.ts')).renderSvgGraph(graph)
    case 'dot':
      return (await import('./dot-graph.ts')).renderDotGraph(graph)
    case 'json':
      return `${JSON.stringify(graph, null, 2)}\n`
  }
}
