// Runs the tasks of a plan on this machine: finds the action behind each name and has it executed.

import type {ActionRef, PlannedTask} from '../engine/plan.ts'
import type {ActionCall, ActionExecutor, CallOptions} from '../engine/ports.ts'
import type {ActionResult} from '../engine/task-result.ts'
import type {PluginAction} from '../plugins/manifest.ts'
import type {PluginExecutor} from './execute.ts'

export class LocalTaskRunner implements ActionExecutor {
  readonly #executor: PluginExecutor
  readonly #actions: ReadonlyMap<string, PluginAction>

  /** @param actions by type, for every task that will be run */
  constructor(executor: PluginExecutor, actions: ReadonlyMap<string, PluginAction>) {
    this.#executor = executor
    this.#actions = actions
  }

  /** Says which tasks are to come, so that starting their programs can be prepared; at most `parallelism` at a time. */
  expect(tasks: readonly PlannedTask[], parallelism: number): void {
    this.#executor.expect(
      tasks.map(({action, restrictions}) => ({plugin: this.#find(action).plugin, restrictions})),
      parallelism,
    )
  }

  async execute({plan, task, run, attempt, inputs, env}: ActionCall, options: CallOptions): Promise<ActionResult> {
    const {timeoutMs, timeoutFrom, restrictions} = task
    const {id, workingDir} = plan.workflow
    const context = {workflow: id, run, task: task.id, attempt, idempotencyKey: `${run}:${task.id}`}
    return await this.#executor.execute(
      {...this.#find(task.action), inputs, env, workingDir, timeoutMs, timeoutFrom, context, restrictions},
      options,
    )
  }

  #find({type}: ActionRef): PluginAction {
    const found = this.#actions.get(type)
    if (found === undefined) throw new Error(`the action ${type} was not looked up`)
    return found
  }
}
