// Rejects what a task of a run waits for.

import {AnswerCommand} from '../../cli/answer-command.ts'

export class RunsReject extends AnswerCommand {
  static override summary = 'Reject what a task of a run waits for.'
  static override description = 'The task (core/approval.wait) fails with your login name and the comment. The first answer counts.'
  static override examples = [
    '<%= config.bin %> runs reject latest',
    '<%= config.bin %> runs reject latest ask --comment "not on a Friday"',
  ]
  protected override readonly kind = 'reject'
}
