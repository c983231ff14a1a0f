// What `runs approve` and `runs reject` share: whom they answer, and why.

import {Args, Flags} from '@oclif/core'
import type {GivenAnswer} from '../lib/app/runs/answer-run.ts'
import {renderAnswer} from '../lib/ui/views/given-answer.ts'
import {BaseCommand} from './base-command.ts'

export abstract class AnswerCommand extends BaseCommand {
  static override args = {
    run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'}),
    task: Args.string({description: 'the task, or the item of one: TASK[KEY]; not needed when only one waits'}),
  }
  static override flags = {
    comment: Flags.string({char: 'm', helpValue: 'TEXT', description: 'say why; it is kept in the journal, so it must not be secret'}),
  }

  protected abstract readonly kind: 'approve' | 'reject'

  async run(): Promise<GivenAnswer> {
    const {args, flags} = await this.parse(AnswerCommand)
    const app = await this.app()
    const {answerRun} = await import('../lib/app/runs/answer-run.ts')
    const answer = await answerRun(app, {run: args.run, task: args.task, kind: this.kind, comment: flags.comment})
    this.print(() => renderAnswer(answer))
    return answer
  }
}
