// What a run is going to do: complete before it starts, and nothing but plain values, so that it can be stored, sent elsewhere and folded again.
// JSON.parse(JSON.stringify(plan)) equals the plan. Paths in it are of the machine that made it.

import type {JsonObject} from '../util/json.ts'
import type {CachePolicy} from '../workflow/cache-policy.ts'
import {tasksOfHooks, type HookList, type Hooks} from '../workflow/hooks.ts'
import type {ForEach, Matrix} from '../workflow/items/model.ts'
import type {Concurrency, RetryPolicy, UntilPolicy} from '../workflow/model.ts'
import type {Requirement} from '../workflow/task/requirement.ts'
import type {TaskFiles} from '../workflow/task/task-files.ts'
import type {ComputedVar} from '../workflow/vars/computed-var.ts'
import type {PlannedContainer} from './planned-container.ts'
import type {GivenChoices} from './given-choices.ts'
import type {TaskRestrictions} from './task-restrictions.ts'

/** What set a timeout: the task, `defaults` of its workflow, its action, or none of these. */
export type TimeoutOrigin = 'task' | 'defaults' | 'action' | 'default'

export interface Plan {
  /** Of this format. A reader refuses one that it does not know. */
  readonly version: 1
  /** Absolute path of the workflow file, or `-`. */
  readonly file: string
  readonly workflow: PlannedWorkflow
  /** Those that were asked for, in file order. */
  readonly tasks: readonly PlannedTask[]
  /** Run after all tasks. Absent: the workflow has none. */
  readonly hooks?: Hooks<PlannedTask>
  readonly failFast: boolean
  /** Of the run. */
  readonly timeoutMs?: number
  /** What the command line passes on, `run.args` of templates. Absent: nothing. */
  readonly args?: readonly string[]
  /** What the caller has chosen. Absent: nothing. */
  readonly given?: GivenChoices
  /** Most tasks of a group at a time, by name of the group. */
  readonly groups?: Readonly<Record<string, number>>
  /** The run begins when it holds this group. */
  readonly concurrency?: Concurrency
}

/** What tasks share. */
export interface PlannedWorkflow {
  readonly id: string
  /** The workflow file as the user named it, for messages; `-` for standard input. */
  readonly file: string
  /** What the run was given, completed with defaults; null where there is no value. Absent: the workflow declares no inputs. */
  readonly inputs?: JsonObject
  /** With what the command line has overridden. */
  readonly vars: JsonObject
  /** Values that commands print when they are first read, by name. Absent: none. */
  readonly computedVars?: Readonly<Record<string, ComputedVar>>
  /** Evaluated. */
  readonly env: Readonly<Record<string, string>>
  /** Names of the secrets its tasks may read. */
  readonly secrets: readonly string[]
  /** Those of them that the run can do without. Absent: none. */
  readonly optionalSecrets?: readonly string[]
  /** Files that tasks have variables from, absolute, and the names in them. The values are no part of a plan: a resumed run reads the files again. */
  readonly envFiles?: {readonly files: readonly string[]; readonly names: readonly string[]}
  /** Names, or prefixes that end in `*`, of variables that tasks inherit from the caller. */
  readonly inheritEnv: readonly string[]
  /** Absolute. */
  readonly workingDir: string
  /** Most tasks at a time, as the file says. */
  readonly parallelism?: number
  /** `restricted`: tasks get what is granted and nothing else. */
  readonly security: 'trusted' | 'restricted'
  /** Something is granted, or limited, whether it is enforced or not. */
  readonly hasPermissions: boolean
  /** With templates. */
  readonly outputs: JsonObject
}

/** The action of a task, by name. The runner looks up what the name stands for. */
export interface ActionRef {
  /** As it is written in the file: `namespace/plugin.action`. */
  readonly type: string
  /** Id of the plugin. */
  readonly plugin: string
  readonly pluginVersion: string
  /** Of its content. Absent: the plugin comes with the program. */
  readonly pluginDigest?: string
  readonly action: string
  /** Inputs that are taken as they stand: templates are not evaluated in them. */
  readonly literalInputs: readonly string[]
}

export interface PlannedTask {
  readonly id: string
  readonly action: ActionRef
  readonly needs: readonly string[]
  /** It needs the task above it because of `order: listed`: one that was skipped by its own `if` does not keep it from starting. */
  readonly followsOrder?: boolean
  /** The list of hooks that it is in. */
  readonly hook?: HookList
  /** One of the plan's groups. */
  readonly group?: string
  /** Template text. Absent when `condition` is `none`; with `status`, a task without it starts whatever became of its needs. */
  readonly if?: string
  /** `status`: it is asked even when a need failed, because its `if` reads states of other tasks or its needs only order it. */
  readonly condition: 'none' | 'plain' | 'status'
  /** With templates. */
  readonly inputs: JsonObject
  /** With templates. */
  readonly env: Readonly<Record<string, string>>
  readonly files?: TaskFiles
  readonly require?: readonly Requirement[]
  readonly retry: RetryPolicy
  readonly until?: UntilPolicy
  /** Of an attempt. Absent: it may take as long as it likes. */
  readonly timeoutMs?: number
  readonly timeoutFrom: TimeoutOrigin
  readonly continueOnError: boolean
  /** It may be started again by itself after a crash. */
  readonly idempotent: boolean
  /** When its result is used again. Absent: never. */
  readonly cache?: CachePolicy
  /** With templates; relative to that of the workflow. Absent: that of the workflow. */
  readonly workingDir?: string
  /** false: it starts no program, so it is not one of the tasks that the limits on parallel tasks count. Default true. */
  readonly usesSlot?: boolean
  /** It runs once per item. Not together with `matrix`. */
  readonly forEach?: ForEach
  readonly matrix?: Matrix
  /** Names of the secrets that its own inputs and env read: all that its process is given. */
  readonly secrets: readonly string[]
  /** Of a task of a restricted workflow. */
  readonly restrictions?: TaskRestrictions
  /** Its program runs in a container of this image. */
  readonly container?: PlannedContainer
}

/** The tasks of a plan, and its hooks: not all of these will run. */
export function allTasks({tasks, hooks}: Pick<Plan, 'tasks' | 'hooks'>): readonly PlannedTask[] {
  return hooks === undefined ? tasks : [...tasks, ...tasksOfHooks(hooks)]
}

/** Names of the secrets that any of the tasks reads. */
export function secretsInUse(plan: Pick<Plan, 'tasks' | 'hooks'>): string[] {
  return [...new Set(allTasks(plan).flatMap(({secrets}) => secrets))]
}
