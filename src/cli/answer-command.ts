// What `runs approve` and `runs reject` share: whom they answer, why, and whether a parked run goes on at once.

import {Args, Flags} from '@oclif/core'
import type {GivenAnswer} from '../lib/app/runs/answer-run.ts'
import type {RunResult} from '../lib/engine/run-result.ts'
import {renderAnswer} from '../lib/ui/views/given-answer.ts'
import {BaseCommand} from './base-command.ts'
import {exitCodeOf, leaveWithinMs, outputsText, readDisplay} from './run-display.ts'
import {untilStopped} from './stop-signals.ts'

export abstract class AnswerCommand extends BaseCommand {
  static override args = {
    run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'}),
    task: Args.string({description: 'the task, or the item of one: TASK[KEY]; not needed when only one waits'}),
  }
  static override flags = {
    comment: Flags.string({char: 'm', helpValue: 'TEXT', description: 'say why; it is kept in the journal, so it must not be secret'}),
    resume: Flags.boolean({description: 'go on with a parked run at once, here'}),
  }

  protected abstract readonly kind: 'approve' | 'reject'

  async run(): Promise<GivenAnswer & {readonly result?: RunResult}> {
    const {args, flags} = await this.parse(AnswerCommand)
    const app = await this.app()
    const {answerRun} = await import('../lib/app/runs/answer-run.ts')
    const answer = await answerRun(app, {run: args.run, task: args.task, kind: this.kind, comment: flags.comment})
    if (!flags.resume || answer.isKept !== true) {
      this.print(() => renderAnswer(answer))
      return answer
    }
    const display = readDisplay(
      {progress: 'auto', verbose: false, quiet: false, events: undefined, 'no-input': false, park: false},
      this.jsonEnabled(),
    )
    const [{resumeRun}, {retryOriginOf: openRetry}] = await Promise.all([
      import('../lib/app/resume/resume-run.ts'),
      import('../lib/app/retry/open-keep-step.ts'),
    ])
    const choices = {retriesInterrupted: false, retry: [], skip: [], fail: []}
    const request = {run: answer.run, choices, acceptsChangedPlugins: false, acceptsChangedSecrets: false, openRetry}
    const outcome = await resumeRun(app, request, display, (run) => untilStopped(run, {leaveWithinMs, killAll: () => app.killAll()}))
    if ('message' in outcome) return answer
    this.setExitCode(exitCodeOf(outcome))
    this.print(() => outputsText(outcome, display))
    return {...answer, result: outcome.result}
  }
}
