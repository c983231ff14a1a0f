// A checked document -> Workflow: defaults filled in, durations in milliseconds, paths absolute.

import {defined} from '../util/defined.ts'
import {parseDuration} from '../util/duration.ts'
import {resolveDirectory} from '../files/resolve-directory.ts'
import {buildCachePolicy} from './cache-policy.ts'
import type {DraftTask, WorkflowDraft} from './draft.ts'
import {hookLists, type Hooks} from './hooks.ts'
import {readDeclaredInputs} from './inputs/declared-input.ts'
import type {RetryPolicy, Task, UntilPolicy, Workflow} from './model.ts'
import {readResources} from './resources.ts'
import {neverCondition} from './template-sites.ts'
import {readRequirements} from './task/requirement.ts'
import {readFiles} from './task/task-files.ts'
import {readVars} from './vars/computed-var.ts'
import type {Written, WrittenRetry, WrittenTask} from './written.ts'

/** @param draft without an error @param dir what its paths are relative to, absolute */
export function buildWorkflow({document, tasks}: WorkflowDraft, dir: string): Workflow {
  // The border: the draft was checked against the schema.
  const written = document.value as Written
  const timeoutMs = parseDuration(written.timeout)
  const {secrets = []} = written
  return {
    source: document,
    dir,
    id: written.id,
    ...defined({name: written.name, description: written.description}),
    labels: toText(written.labels),
    enabled: written.enabled ?? true,
    inputs: readDeclaredInputs(written.inputs),
    ...readVars(written.vars),
    secrets: secrets.map((secret) => (typeof secret === 'string' ? secret : secret.name)),
    optionalSecrets: secrets.flatMap((secret) => (typeof secret !== 'string' && secret.optional === true ? [secret.name] : [])),
    env: toText(written.env),
    inheritEnv: written.inheritEnv ?? [],
    ...(written.dotenv !== undefined && {
      dotenv: written.dotenv.map((entry) =>
        typeof entry === 'string' ? {file: entry, isOptional: false} : {file: entry.file, isOptional: entry.optional ?? false},
      ),
    }),
    workingDir: resolveDirectory(dir, written.workingDir ?? '.'),
    ...defined({timeoutMs, parallelism: written.parallelism, default: written.default}),
    ...(written.concurrency !== undefined && {concurrency: {limit: 1, onConflict: 'queue', ...written.concurrency}}),
    failFast: written.failFast ?? true,
    security: written.security ?? 'trusted',
    hasPermissions: [written, ...tasks.map(({fields}) => fields)].some(
      (part) => part.permissions !== undefined || part.resources !== undefined,
    ),
    tasks: tasks.flatMap((task) => (task.hook === undefined ? [buildTask(task, written)] : [])),
    hooks: buildHooks(tasks, written),
    outputs: written.outputs ?? {},
  }
}

function buildHooks(tasks: readonly DraftTask[], written: Written): Hooks<Task> {
  const listed = hookLists.map((list) => [list, tasks.filter(({hook}) => hook === list).map((task) => buildTask(task, written))] as const)
  return Object.fromEntries(listed.filter(([, hooks]) => hooks.length > 0))
}

function buildTask({fields, needs, hook}: DraftTask, {defaults = {}, resources}: Written): Task {
  // The border: the draft was checked against the schema.
  const task = fields as unknown as WrittenTask
  const timeoutMs = parseDuration(task.timeout ?? defaults.timeout)
  const condition = buildCondition(task.if)
  return {
    id: task.id,
    type: task.type,
    needs,
    ...(hook !== undefined && needs.length > 0 && task.needs === undefined && {needsOnlyOrder: true}),
    ...(hook === undefined && needs.length > 0 && task.needs === undefined && {followsOrder: true}),
    ...defined({if: condition, forEach: task.forEach, matrix: task.matrix}),
    inputs: task.inputs ?? {},
    env: toText(task.env),
    ...defined({files: readFiles(task.files), require: readRequirements(task.require)}),
    retry: buildRetry({...defaults.retry, ...task.retry}),
    ...(timeoutMs !== undefined && {timeoutMs, timeoutFrom: task.timeout === undefined ? 'defaults' : 'task'}),
    ...defined({until: buildUntil(task.until)}),
    continueOnError: task.continueOnError ?? false,
    ...defined({idempotent: task.idempotent, workingDir: task.workingDir}),
    ...(task.cache !== undefined && {cache: buildCachePolicy(task.cache)}),
    resources: {...readResources(resources), ...readResources(task.resources)},
  }
}

function buildCondition(condition: string | boolean | undefined): string | undefined {
  if (typeof condition === 'string') return condition.trim()
  return condition === false ? neverCondition : undefined
}

function buildUntil(until: WrittenTask['until']): UntilPolicy | undefined {
  if (until === undefined) return undefined
  return {if: until.if.trim(), everyMs: parseDuration(until.every) ?? 10_000, limitMs: parseDuration(until.limit) ?? 3_600_000}
}

function buildRetry(retry: WrittenRetry): RetryPolicy {
  const seconds = typeof retry.backoff === 'number' ? retry.backoff : undefined
  const delayMs = parseDuration(seconds ?? retry.delay) ?? 1000
  return {
    maxAttempts: retry.max ?? 1,
    backoff: typeof retry.backoff === 'string' ? retry.backoff : 'constant',
    delayMs,
    // A delay longer than the usual limit was meant.
    maxDelayMs: parseDuration(retry.maxDelay) ?? Math.max(30_000, delayMs),
    jitter: retry.jitter ?? false,
    on: retry.on ?? ['error', 'timeout'],
  }
}

function toText(values: Readonly<Record<string, string | number | boolean>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]))
}
