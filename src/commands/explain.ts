// Explains one task of a run.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import type {Explanation} from '../lib/explain/explanation.ts'
import {renderExplanation} from '../lib/ui/views/explanation.ts'

export class Explain extends BaseCommand {
  static override summary = 'Explain one task of a run.'
  static override description =
    'Why it ran, was skipped, failed or had its result from the cache; its attempts; where its values came from; its secrets, grants and timeouts. ' +
    'From the journal alone: nothing is run, and no secret is read.'
  static override examples = ['<%= config.bin %> explain latest build', '<%= config.bin %> explain latest score[3] --json']
  static override args = {
    run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'}),
    task: Args.string({required: true, description: 'id of the task, or of one of its items: score[3]'}),
  }

  async run(): Promise<Explanation> {
    const {args} = await this.parse(Explain)
    const app = await this.app()
    const {explain} = await import('../lib/app/runs/explain.ts')
    const explanation = await explain(await app.runs(), args.run, args.task)
    this.print((ui) => renderExplanation(explanation, ui))
    return explanation
  }
}
