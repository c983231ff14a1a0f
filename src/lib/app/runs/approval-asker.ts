// The questions of approvals on the terminal of the run itself. What asks is loaded with the first one.

import type {Reporter} from '../../engine/ports.ts'
import type {RunRequests} from '../../engine/requests/run-requests.ts'
import type {ApprovalQuestions, TypedAnswer} from '../../ui/reporters/approval-questions.ts'
import {isApprovalEvent, type ApprovalEvent} from '../../ui/reporters/approval-text.ts'
import type {Below, ProgressReporter} from '../../ui/reporters/progress-reporter.ts'
import type {KeyInput} from '../../ui/input/terminal-keys.ts'
import type {Ui} from '../../ui/terminal/ui.ts'
import {readStat} from '../../util/proc-stat.ts'
import {loginName} from './login-name.ts'

/** What it needs of the App. */
export interface AskingApp {
  readonly ui: Ui
  readonly options: {readonly stdin: KeyInput; readonly environment: {readonly unattendedBy: string | undefined}}
  readonly requests: () => Promise<RunRequests>
}

export interface Asker {
  readonly reporter: Reporter
  /** Of runs that this one has made. */
  hear(event: ApprovalEvent): void
}

/** Undefined when nobody can be asked: without a terminal on both sides, and where nothing is redrawn. */
export function createAsker(app: AskingApp, {below}: ProgressReporter): Asker | undefined {
  if (below === undefined || app.options.environment.unattendedBy !== undefined) return undefined
  const asker = new ApprovalAsker(app, below)
  return {
    hear: (event) => {
      asker.hear(event)
    },
    reporter: {
      report: (event) => {
        if (isApprovalEvent(event)) asker.hear(event)
      },
      close: () => {
        asker.close()
        return Promise.resolve()
      },
    },
  }
}

class ApprovalAsker {
  readonly #app: AskingApp
  readonly #below: Below
  /** Numbers of the answers that were given here, until something is known of their tasks. */
  readonly #given = new Map<string, number>()
  /** Since the first task that waited. */
  #questions: ApprovalQuestions | undefined
  #heardMeanwhile: ApprovalEvent[] | undefined
  #isClosed = false

  constructor(app: AskingApp, below: Below) {
    this.#app = app
    this.#below = below
  }

  hear(event: ApprovalEvent): void {
    if (this.#isClosed) return
    if (event.type !== 'task.waiting') this.#forget(event)
    if (this.#questions !== undefined) this.#questions.hear(event)
    else if (this.#heardMeanwhile !== undefined) this.#heardMeanwhile.push(event)
    else if (event.type === 'task.waiting' && this.#canAsk()) {
      this.#heardMeanwhile = [event]
      void this.#open()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#questions?.close()
    this.#below.show(undefined)
  }

  /** A command in the background would be stopped when it takes hold of the terminal. */
  #canAsk(): boolean {
    if (this.#app.options.stdin.isTTY !== true) return false
    const stat = readStat('self')
    return stat === undefined || stat.group === stat.foregroundGroup
  }

  async #open(): Promise<void> {
    const {ApprovalQuestions: Questions} = await import('../../ui/reporters/approval-questions.ts')
    if (this.#isClosed) return
    const {stdin: input} = this.#app.options
    const questions = new Questions({
      input,
      style: this.#app.ui.errStyle,
      columns: this.#below.columns,
      answer: (answer) => this.#answer(answer),
      onChange: () => {
        this.#below.changed()
      },
    })
    this.#questions = questions
    for (const event of this.#heardMeanwhile ?? []) questions.hear(event)
    this.#below.show(() => questions.rows())
  }

  /** The way of `runs approve`: of several answers the first counts, wherever it comes from. */
  async #answer({run, task, kind, comment}: TypedAnswer): Promise<void> {
    const requests = await this.#app.requests()
    const added = await requests.add(run, {kind, task, by: loginName(), ...(comment !== undefined && {comment})})
    if (added !== undefined) this.#given.set(`${run} ${task}`, added.number)
  }

  /** An answer that came too late must not answer what the task asks later. */
  #forget({run, task}: ApprovalEvent): void {
    const key = `${run} ${task}`
    const number = this.#given.get(key)
    if (number === undefined) return
    this.#given.delete(key)
    // An open request only makes others look at it again.
    void this.#app
      .requests()
      .then((requests) => requests.markAnswered(number))
      .catch(() => undefined)
  }
}
