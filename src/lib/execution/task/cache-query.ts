// What the result of a task depends on, by the names that messages give it.

import type {CacheQuery} from '../../cache/task-cache.ts'
import {CacheFault} from '../../cache/cache-fault.ts'
import type {ResultOwner} from '../../cache/result-rows.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import {writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import {refuseFilePattern} from '../../workflow/file-patterns.ts'
import type {TaskFiles} from '../../workflow/task/task-files.ts'
import type {FilesOfRun} from '../files/run-paths.ts'

/** The values of a task, all templates evaluated. */
export interface EvaluatedTask {
  readonly inputs: JsonObject
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  /** Of a task whose program runs in an image: the name of the image, and how it is run. */
  readonly container?: PlannedContainer | undefined
  /** Of its policy: patterns and values of the key. */
  readonly cache: {readonly files: readonly JsonValue[]; readonly key: readonly JsonValue[]; readonly makes: readonly JsonValue[]}
  /** Of a task with files: what is written before it, and what it leaves. */
  readonly files?: {readonly written: JsonObject; readonly out: TaskFiles['out']} | undefined
}

/** What else is known where the task runs. */
export interface TaskFacts {
  /** Of the files of its plugin. */
  readonly pluginDigest: string
  /** Variables that it inherits because the workflow names them. */
  readonly inherited: Readonly<Record<string, string>>
  /** Of a restricted task. */
  readonly imageId?: string | undefined
  /** What earlier tasks have left: their paths count as what is in them. */
  readonly filesOfRun?: Pick<FilesOfRun, 'describe'> | undefined
}

/** Throws CacheFault for a pattern that a template made and that cannot be used. */
export function queryOf(
  {plan, task, key}: {plan: Plan; task: PlannedTask; key: TaskKey},
  values: EvaluatedTask,
  facts: TaskFacts,
): CacheQuery {
  const {action, restrictions, cache} = task
  const {files, key: keyValues, makes} = values.cache
  const parts: Record<string, JsonValue> = {
    type: action.type,
    [`plugin ${action.plugin}`]: [action.pluginVersion, facts.pluginDigest],
    'working directory': values.workingDir,
    security: plan.workflow.security,
    // What a task is granted and refused decides what it can do. A plan is plain.
    ...(restrictions !== undefined && {permissions: JSON.stringify(restrictions)}),
    ...(facts.imageId !== undefined && {image: facts.imageId}),
    ...containerParts(values.container),
  }
  const describe = (value: JsonValue): JsonValue => facts.filesOfRun?.describe(value) ?? value
  for (const [name, value] of Object.entries(values.inputs)) parts[`input ${name}`] = describe(value)
  for (const [name, value] of Object.entries({...facts.inherited, ...values.env})) parts[`env ${name}`] = describe(value)
  for (const [index, value] of keyValues.entries()) parts[`key ${String(index + 1)}`] = describe(value)
  for (const [name, value] of Object.entries(values.files?.written ?? {})) parts[`files.in ${name}`] = describe(value)
  for (const [name, {path, optional}] of Object.entries(values.files?.out ?? {})) parts[`files.out ${name}`] = [path, optional]
  return {
    owner: ownerOf(plan, key),
    base: values.workingDir,
    files: patternsOf(files),
    makes: patternsOf(makes),
    ...defined({ttlMs: cache?.ttlMs}),
    parts,
  }
}

/** An image counts by its name: where a tag leads is not looked up. When it is pulled changes no result. */
function containerParts(container: PlannedContainer | undefined): Record<string, JsonValue> {
  if (container === undefined) return {}
  const {image, mounts, network, user = null, workdir = null, limits} = container
  const written = mounts.map(({source, target, isReadOnly}) => [source, target, isReadOnly])
  return {
    image,
    'container mounts': written,
    'container network': network,
    'container user': user,
    'container workdir': workdir,
    'container resources': JSON.stringify(limits),
  }
}

function ownerOf({file, workflow}: Plan, key: TaskKey): ResultOwner {
  return {file: file === '-' ? `${workflow.workingDir}/-` : file, task: writeTaskKey(key)}
}

/** A template may give one pattern or several. */
function patternsOf(values: readonly JsonValue[]): string[] {
  return values.flat(1).map((value) => {
    if (typeof value !== 'string') throw new CacheFault(`a pattern of files must be text, not ${JSON.stringify(value)}`)
    const reason = refuseFilePattern(value)
    if (reason !== undefined) throw new CacheFault(`the pattern ${JSON.stringify(value)} cannot be used: ${reason}`)
    return value
  })
}
