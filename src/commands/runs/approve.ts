// Approves what a task of a run waits for.

import {AnswerCommand} from '../../cli/answer-command.ts'

export class RunsApprove extends AnswerCommand {
  static override summary = 'Approve what a task of a run waits for.'
  static override description =
    'The task (core/approval.wait) goes on with your login name and the comment as its output. The first answer counts.'
  static override examples = [
    '<%= config.bin %> runs approve latest',
    '<%= config.bin %> runs approve latest ask --comment "checked on staging"',
  ]
  protected override readonly kind = 'approve'
}
