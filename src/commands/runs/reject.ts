// Rejects what a task of a run waits for.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {GivenAnswer} from '../../lib/app/runs/answer-run.ts'
import {renderAnswer} from '../../lib/ui/views/given-answer.ts'

export class RunsReject extends BaseCommand {
  static override summary = 'Reject what a task of a run waits for.'
  static override description = 'The task (core/approval.wait) fails with your login name and the comment. The first answer counts.'
  static override examples = [
    '<%= config.bin %> runs reject latest',
    '<%= config.bin %> runs reject latest ask --comment "not on a Friday"',
  ]
  static override args = {
    run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'}),
    task: Args.string({description: 'the task, or the item of one: TASK[KEY]; not needed when only one waits'}),
  }
  static override flags = {
    comment: Flags.string({char: 'm', helpValue: 'TEXT', description: 'say why; it is kept in the journal, so it must not be secret'}),
  }

  async run(): Promise<GivenAnswer> {
    const {args, flags} = await this.parse(RunsReject)
    const app = await this.app()
    const {answerRun} = await import('../../lib/app/runs/answer-run.ts')
    const answer = await answerRun(app, {run: args.run, task: args.task, kind: 'reject', comment: flags.comment})
    this.print(() => renderAnswer(answer))
    return answer
  }
}
