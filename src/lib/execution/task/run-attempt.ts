// One attempt of a task, step by step: what must be known, what is evaluated, what is executed, and what is made of its result. Each step with
// a rule of its own has a file beside this one.

import type {PlannedTask, PlannedWorkflow} from '../../engine/plan.ts'
import type {AttemptOptions, RunnerEvents} from '../../engine/ports.ts'
import {writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, TaskError} from '../../engine/task-result.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import type {Plugin, PluginAction} from '../../plugins/manifest.ts'
import type {JsonObject} from '../../util/json.ts'
import type {FilesOfRun} from '../files/run-paths.ts'
import type {Templates} from '../../templates/templates.ts'
import {taskSites, type TemplateSite} from '../../workflow/template-sites.ts'
import {namesRunDir, readsRunDir} from '../../workflow/template-uses.ts'
import type {PluginExecutor} from '../execute.ts'
import {fileError} from '../files/file-errors.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import type {CacheStep} from './cache-step.ts'
import {askRequirements, commandInvocation, type RequirementsOfTask} from './ask-requirements.ts'
import type {ComputedVars} from './computed-vars.ts'
import type {RunScope} from './run-scope.ts'
import type {RunSecrets} from './run-secrets.ts'
import {findTaskDirectory} from './task-directory.ts'
import type {TaskValues} from './task-values.ts'

export interface AskedToKeep {
  readonly task: PlannedTask
  readonly key: TaskKey
  readonly plugin: Plugin
  readonly values: TaskValues
  readonly written: JsonObject | undefined
  /** It names the directory of the run, where it may find and leave anything. */
  readonly namesRunDir: boolean
  readonly filesOfRun: FilesOfRun
}

/** Lets tasks of a run that retries another keep the results that they had there. */
export interface ResultKeeper {
  /** Why the task is run whatever is known of its result. */
  isForced(key: TaskKey): string | undefined
  /**
   * Its result, when the task keeps it. Otherwise `execute` is called. Rejects with the error of the file system.
   * @param asked with the attempt: nothing but the first one keeps a result
   */
  attempt(
    asked: AskedToKeep & {readonly directory: RunDirectory; readonly attempt: number},
    execute: () => Promise<ActionResult>,
  ): Promise<ActionResult>
  /** Is given every event of the run but log lines, in order. */
  hear(event: DatedEvent): void
}

/** What the attempts of a run share. */
export interface AttemptParts {
  readonly runId: string
  readonly workflow: PlannedWorkflow
  readonly scope: RunScope
  readonly vars: ComputedVars
  readonly templates: Templates
  readonly executor: Pick<PluginExecutor, 'execute'>
  /** Present when a task of the plan has a cache. */
  readonly cacheStep?: CacheStep | undefined
  /** Present in a run that retries another. */
  readonly keepStep?: ResultKeeper | undefined
  readonly directory: RunDirectory
  readonly requirements: {
    /** Tasks for which all that they require holds. */
    readonly met: ReadonlySet<string>
    /** What runs commands. Present when one is required. */
    readonly shell: PluginAction | undefined
  }
  /** Absent: nothing is hidden. */
  readonly secrets?: RunSecrets | undefined
  /** Takes what has to be journalled before the attempt has its result. */
  readonly emit: RunnerEvents
}

/** The task that is attempted. */
export interface AttemptedTask {
  readonly key: TaskKey
  readonly task: PlannedTask
  readonly action: PluginAction
  /** 1 for the first try. */
  readonly attempt: number
}

/** Never rejects for a failing task. The result is not masked. */
export async function runAttempt(attempted: AttemptedTask, options: AttemptOptions, parts: AttemptParts): Promise<ActionResult> {
  const {key, task, attempt, action} = attempted
  const {vars, templates, scope, directory, keepStep} = parts
  if (vars.hasUnknown) {
    const unknown = await vars.read(sitesOfAttempt(task), options.signal)
    if (unknown !== undefined) return failedEarly(unknown)
  }
  const sites = taskSites(task, task.action.literalInputs)
  const usesRunDir = task.files !== undefined || readsRunDir(sites, templates)
  const unmade = usesRunDir ? makeRunDirectory(directory) : undefined
  if (unmade !== undefined) return failedEarly(unmade)
  const values = scope.evaluateTask(task, key)
  if (!values.ok) return failedEarly(values.error)
  const execute = (): Promise<ActionResult> => executeAttempt(attempted, values.value, usesRunDir, options, parts)
  // A hook belongs to its run; a task with a cache has its result from there.
  if (keepStep === undefined || task.hook !== undefined || task.cache !== undefined) return await execute()
  const written = task.files === undefined ? undefined : scope.evaluateFiles(task, key)
  if (written?.ok === false) return failedEarly(written.error)
  const asked = {
    task,
    key,
    plugin: action.plugin,
    values: values.value,
    written: written?.value,
    namesRunDir: namesRunDir(sites, templates),
    filesOfRun: scope.files,
  }
  try {
    return await keepStep.attempt({...asked, directory, attempt}, execute)
  } catch (error) {
    return failedEarly(fileError('copying the files of the task', error))
  }
}

async function executeAttempt(
  {key, task, action, attempt}: AttemptedTask,
  {cache, workingDir, container, ...evaluated}: TaskValues,
  usesRunDir: boolean,
  {signal, onLog}: AttemptOptions,
  {runId, workflow, scope, executor, cacheStep, keepStep, secrets, directory, requirements, emit}: AttemptParts,
): Promise<ActionResult> {
  const {timeoutMs, timeoutFrom, restrictions, files} = task
  const text = writeTaskKey(key)
  const context = {workflow: workflow.id, run: runId, task: text, attempt, idempotencyKey: `${runId}:${text}`}
  const found = findTaskDirectory(workingDir, workflow.workingDir)
  if ('error' in found) return failedEarly(found.error)
  const runDir = usesRunDir ? directory.path : undefined
  const invocation = {...action, ...evaluated, ...found, container, runDir, timeoutMs, timeoutFrom, context, restrictions}
  const options = {signal, onLog, masker: secrets?.masker, emit}
  if (task.require !== undefined && !requirements.met.has(text)) {
    const run: RequirementsOfTask['run'] = (command, limitMs, take) =>
      executor.execute(commandInvocation(invocation, requirements.shell, command, limitMs), {...options, onLog: take})
    const unmet = await askRequirements({key, task, requirements: task.require, scope, run})
    if (unmet !== undefined) return failedEarly(unmet)
    emit({type: 'task.required', task: text})
  }
  const written = files === undefined ? undefined : scope.evaluateFiles(task, key)
  if (written?.ok === false) return failedEarly(written.error)
  const execute = async (): Promise<ActionResult> => {
    if (files === undefined || written === undefined) return await executor.execute(invocation, options)
    const {withFiles} = await import('./with-files.ts')
    return await withFiles({key, files, values: written.value, directory, secrets, signal}, ({filesDir, env}) =>
      executor.execute({...invocation, filesDir, env: {...invocation.env, ...env}}, options),
    )
  }
  if (cache === undefined || cacheStep === undefined) return await execute()
  const ofFiles = files === undefined || written === undefined ? undefined : {written: written.value, out: files.out}
  const cached = {...evaluated, workingDir: found.workingDir, container, cache, files: ofFiles}
  const forced = keepStep?.isForced(key)
  return await cacheStep.attempt({task, key, plugin: action.plugin, values: cached, filesOfRun: scope.files, directory, forced}, execute)
}

/** Where a task names something in it, or has files of its own there. */
function makeRunDirectory(directory: RunDirectory): TaskError | undefined {
  try {
    directory.make()
    return undefined
  } catch (error) {
    return fileError('making the directory of the run', error)
  }
}

/** What is evaluated before is known by then. */
function sitesOfAttempt({if: _if, forEach: _forEach, matrix: _matrix, ...task}: PlannedTask): TemplateSite[] {
  return taskSites(task, task.action.literalInputs)
}

/** Of an attempt that failed before anything was executed. */
function failedEarly(error: TaskError): ActionResult {
  return {ok: false, error, metrics: {durationMs: 0}, warnings: []}
}
