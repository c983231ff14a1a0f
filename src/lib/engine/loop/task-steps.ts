// What a run does for its tasks: asks their conditions, lets them wait for their turn, starts attempts and takes the results.

import type {Command} from '../decide/commands.ts'
import {endOfInterrupted, endsOfStop, neverStarted, outcomeOf, outcomeOfCondition, type NamedTask} from '../decide/outcome.ts'
import {outcomeOfItems} from '../decide/outcome-of-items.ts'
import {allTasks, type Plan, type PlannedTask} from '../plan.ts'
import type {ConditionAnswer, ItemsAnswer, RunPorts} from '../ports.ts'
import type {DrivenTime} from '../resume/driven-time.ts'
import type {AfterInterruption} from '../resume/resumed-run.ts'
import {isEnd, mayStart, requireRecord} from '../run-state.ts'
import {readTaskKey} from '../task-key.ts'
import {roundMs} from '../../util/round-ms.ts'
import {itemRulesOf} from '../../workflow/items/model.ts'
import type {AttemptResult, LogEntry} from '../task-result.ts'
import {Attempts, type OpenAttempt} from './attempts.ts'
import type {RunLoopOptions} from './run-loop-options.ts'
import {TaskQueue} from './task-queue.ts'
import type {Turn} from './turn.ts'

export class TaskSteps {
  readonly #options: RunLoopOptions
  readonly #ports: Pick<RunPorts, 'runner' | 'random'>
  readonly #turn: Turn
  readonly #planned: ReadonlyMap<string, PlannedTask>
  readonly #queue: TaskQueue
  readonly #attempts: Attempts
  #stopped: readonly OpenAttempt[] = []
  /** Of a run that is resumed. */
  #driven: DrivenTime | undefined

  constructor(plan: Plan, ports: RunPorts, options: RunLoopOptions, turn: Turn) {
    this.#options = options
    this.#ports = ports
    this.#turn = turn
    this.#planned = new Map(allTasks(plan).map((task) => [task.id, task]))
    this.#queue = new TaskQueue({
      slots: options.concurrency,
      groups: plan.groups,
      groupOf: (task) => this.#groupOf(task),
      usesSlot: (task) => this.#get(task).usesSlot !== false,
    })
    this.#attempts = new Attempts(ports.clock)
  }

  /** How long ago the first attempt of a task began. Nothing when there was none. */
  measure(task: string): {durationMs?: number} {
    return this.#attempts.measureTask(task)
  }

  /** What began in another process goes on here. */
  goOnAfter(driven: DrivenTime): void {
    this.#driven = driven
    for (const [task, passedMs] of driven.sinceFirstStarts()) this.#attempts.goOnAfter(task, passedMs)
    for (const [task, {progress}] of this.#turn.state.tasks) if (progress === 'expanded') this.#limitItems(task)
  }

  /** Tasks of the file that have not ended. */
  listOpen(): PlannedTask[] {
    return [...this.#planned.values()].filter(
      ({id, hook}) => hook === undefined && !isEnd(requireRecord(this.#turn.state.tasks, id).progress),
    )
  }

  /** Ends the attempts that no process drives any more, which are all that are open when nothing has been started here. */
  interruptAll(choices: ReadonlyMap<string, AfterInterruption>): void {
    for (const [task, {progress, attempt, isStopped}] of this.#turn.state.tasks) {
      if (progress !== 'running') continue
      const next = isStopped ? 'cancel' : (choices.get(task) ?? (this.#get(task).idempotent ? 'again' : 'fail'))
      this.#turn.apply({type: 'task.interrupted', task, attempt, next})
    }
  }

  /** Ends a task that is tried no more, and of which no attempt goes on. */
  end(task: string): void {
    const {progress} = requireRecord(this.#turn.state.tasks, task)
    // Another stop in the same turn has ended it.
    if (progress !== 'ending' && progress !== 'waiting') return
    const durationMs = roundMs(this.#driven?.sinceLastStart(task) ?? 0)
    this.#turn.apply(endOfInterrupted(this.#turn.state, this.#named(task), durationMs))
  }

  ask({task, facts}: Extract<Command, {kind: 'ask'}>): void {
    if (mayStart(this.#turn.state, task))
      this.#turn.whenAnswered(this.#ports.runner.ask(task, facts), (answer) => this.#takeAnswer(task, answer))
  }

  /** The task waits for its turn. One with items has none: its items do. */
  queue(task: string): void {
    // Ended by a stop while it waited for another attempt.
    if (!mayStart(this.#turn.state, task)) return
    if (readTaskKey(task).item !== undefined || itemRulesOf(this.#get(task)) === undefined) this.#queue.push(task)
    else this.#turn.whenAnswered(this.#ports.runner.expand(task), (answer) => this.#takeItems(task, answer))
  }

  /** Keys of the tasks that wait for their turn. */
  listQueued(): ReadonlySet<string> {
    return this.#queue.list()
  }

  /** All items are over. */
  collect(task: string): void {
    this.#queue.removeGroup(groupOfItems(task))
    const {durationMs = 0} = this.#attempts.measureTask(task)
    this.#turn.apply(outcomeOfItems(this.#turn.state, this.#named(task), durationMs))
  }

  /** No other task is started before this one was queued again. */
  holdFor(task: string): void {
    this.#queue.holdFor(task)
  }

  /** The system has no room for more than run now. */
  narrow(): void {
    this.#queue.narrow()
  }

  /** Begins an attempt of the task whose turn it is. False: of none. */
  beginNext(): boolean {
    const task = this.#queue.take((waiting) => mayStart(this.#turn.state, waiting))
    if (task === undefined) return false
    this.#attempts.begin(task)
    this.#turn.apply({type: 'task.started', task, attempt: requireRecord(this.#turn.state.tasks, task).attempt + 1})
    return true
  }

  /** The journal knows of the attempt: it may be executed. */
  execute(task: string, attempt: number): void {
    const open = this.#attempts.find(task)
    // Ended by a stop while the journal was written.
    if (open === undefined) return
    const onLog = (entry: LogEntry): void => {
      if (this.#attempts.isOpen(open)) this.#turn.log({type: 'task.log', task, attempt, ...entry})
    }
    const {runId: run} = this.#options
    const result = this.#ports.runner.run({run, task, attempt}, {signal: open.controller.signal, onLog})
    this.#turn.whenAnswered(result, (value) => this.#takeResult(open, value))
  }

  /** Ends what a stop of the run ends by itself. */
  endStopped(isAtOnce: boolean): void {
    this.#queue.release()
    this.#stopped = this.#attempts.list()
    for (const end of endsOfStop(this.#turn.state, isAtOnce, (task) => this.#attempts.measure(task))) this.#turn.apply(end)
    // Nothing more is heard of what has its end.
    if (isAtOnce) this.#attempts.abandon()
  }

  /** Tells the attempts to stop that were open when the run was stopped: what has begun since then cleans up. */
  abort(): void {
    for (const {controller} of this.#stopped) controller.abort()
  }

  /** Tells the open attempts to stop, and waits for none of them. */
  abandon(): void {
    this.#attempts.abandon()
  }

  #takeResult(attempt: OpenAttempt, result: AttemptResult): void {
    if (!this.#attempts.isOpen(attempt)) return
    this.#attempts.close(attempt)
    this.#queue.free(attempt.task)
    const {durationMs: elapsedMs = 0} = this.measure(attempt.task)
    for (const event of outcomeOf(this.#turn.state, this.#named(attempt.task), result, {random: this.#ports.random(), elapsedMs})) {
      this.#turn.apply(event, event.type === 'task.finished' && result.ok ? result.sealed : undefined)
    }
  }

  #takeAnswer(task: string, answer: ConditionAnswer): void {
    if (!mayStart(this.#turn.state, task)) return
    const event = outcomeOfCondition(this.#named(task), answer)
    if (event === undefined) this.queue(task)
    else this.#turn.apply(event)
  }

  #takeItems(task: string, answer: ItemsAnswer): void {
    if (!mayStart(this.#turn.state, task)) return
    if (!answer.ok) {
      this.#turn.apply(neverStarted(this.#named(task), answer.error))
      return
    }
    this.#limitItems(task)
    this.#attempts.beginItems(task)
    this.#turn.apply({type: 'task.expanded', task, items: answer.items})
  }

  #limitItems(task: string): void {
    const {parallelism} = itemRulesOf(this.#get(task)) ?? {}
    if (parallelism !== undefined) this.#queue.addGroup(groupOfItems(task), parallelism)
  }

  /** The items of a task are a group of their own when not all of them may run at a time. */
  #groupOf(key: string): string | undefined {
    const planned = this.#get(key)
    return itemRulesOf(planned)?.parallelism === undefined ? planned.group : groupOfItems(planned.id)
  }

  #named(key: string): NamedTask {
    return {key, planned: this.#get(key)}
  }

  /** Of an item: the task that has it. */
  #get(key: string): PlannedTask {
    const {task} = readTaskKey(key)
    const planned = this.#planned.get(task)
    if (planned === undefined) throw new Error(`no task '${task}' in this plan`)
    return planned
  }
}

function groupOfItems(task: string): string {
  return `items of ${task}`
}
