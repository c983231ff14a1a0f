// Draws the tasks of a workflow file or of a run.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {FileOutput} from '../lib/ui/terminal/file-output.ts'
import type {RunGraph} from '../lib/ui/graph/run-graph.ts'

export class Graph extends BaseCommand {
  static override summary = 'Draw the tasks of a workflow file or of a run, and what they need.'
  static override description = 'The tasks of a run are drawn with their states. GitHub draws mermaid in Markdown; dot is for Graphviz.'
  static override examples = [
    '<%= config.bin %> graph hello.yaml',
    '<%= config.bin %> graph hello.yaml --format svg -o hello.svg',
    '<%= config.bin %> graph latest --format mermaid',
  ]
  static override args = {
    workflow: Args.string({required: true, description: 'workflow file, - for standard input, id of a run, or latest'}),
  }
  static override flags = {
    format: Flags.option({options: ['ascii', 'mermaid', 'svg', 'dot', 'json'] as const, default: 'ascii' as const})({
      description: 'what to draw with; ascii is for terminals',
    }),
    output: Flags.string({char: 'o', helpValue: 'FILE', description: 'write to a file instead of stdout'}),
  }

  async run(): Promise<RunGraph> {
    const {args, flags} = await this.parse(Graph)
    const app = await this.app()
    const {loadGraph} = await import('../lib/app/authoring/graph.ts')
    const graph = await loadGraph(app, args.workflow)
    const {renderGraph} = await import('../lib/ui/graph/render-graph.ts')
    const {output: file = '-', format} = flags
    if (file === '-') {
      const text = await renderGraph(graph, format, this.ui)
      this.print(() => text)
      return graph
    }
    const text = await renderGraph(graph, format)
    const output = new FileOutput(file)
    output.write(text)
    output.close()
    this.note(`Wrote ${file}.\n`)
    return graph
  }
}
