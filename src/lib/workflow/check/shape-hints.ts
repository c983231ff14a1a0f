// What to write instead, where a file is shaped as other programs want it: their keys, one value for a list, a short form for a map.

import type {SchemaFinding} from '../../documents/schema-findings.ts'

const shell = 'write type: core/shell.run, inputs: {command: …}'
const needs = 'it is called needs here: a list of task ids'
const attempts = 'it is called retry here: retry: {max: 3}, which is at most three attempts'
const tolerated = 'it is called continueOnError here'
const repeated = 'it is called forEach here: forEach: {items: […]}'
const remembered = 'it is called cache here: cache: {files: […], makes: […]}'
const outcome = 'what a task returns needs no declaration: others read {{ tasks.ID.output }}'
const ofInputs = 'it belongs to the inputs of the task'
const directory = 'it is called workingDir here'
const duration = 'it is called timeout here: timeout: 10m'
const hooks = 'it is called hooks here: hooks: {onFailure: […], finally: […]}'
const schedule = "it is called trigger here: trigger: {type: cron, cron: '0 3 * * *'}"
const inputs = 'it is called inputs here: inputs: {name: default}, given by --input name=value'
const groups = 'it is called concurrency here: concurrency: {group: NAME}'
const environmentFiles = 'it is called dotenv here: dotenv: [.env]'

/** Keys of tasks, steps and jobs elsewhere. */
const taskKeys = new Map<string, string>([
  ...named(['run', 'cmd', 'cmds', 'command', 'commands', 'script'], shell),
  ...named(['uses', 'action', 'executor', 'plugin'], 'it is called type here: type: namespace/plugin.action'),
  ...named(['with', 'config'], 'it is called inputs here'),
  ...named(['depends', 'depends_on', 'dependsOn', 'dependencies', 'deps'], needs),
  ...named(['when', 'condition'], "it is called if here: if: '{{ … }}'"),
  ...named(['precondition', 'preconditions'], "if: '{{ … }}' leaves the task out, require: [{command: …}] fails it"),
  ...named(['continue-on-error', 'continueOn', 'continue_on', 'ignore_error', 'allowFailure', 'allow_failure'], tolerated),
  ...named(['timeout-minutes', 'timeoutSec', 'timeout_sec', 'timeoutSeconds', 'activeDeadlineSeconds'], duration),
  ...named(['retries', 'retryPolicy', 'retry_policy', 'retryStrategy', 'attempts'], attempts),
  ...named(['repeatPolicy', 'repeat_policy'], "it is called until here: until: {if: '{{ … }}', every: 10s}"),
  ...named(['working-directory', 'working_dir', 'workdir', 'dir', 'cwd'], directory),
  ...named(['image', 'containerImage', 'runs-on'], "it is called container here: container: {image: '…'}"),
  ...named(['strategy'], 'write matrix: {…} in the task itself'),
  ...named(['withItems', 'withParam', 'withSequence', 'for', 'foreach', 'loop', 'parallel'], repeated),
  ...named(['sources', 'generates', 'status'], remembered),
  ...named(['desc', 'summary', 'label'], 'it is called name or description here'),
  ...named(['output', 'outputs', 'register'], outcome),
  ...named(['shell', 'args', 'stdin', 'parse', 'url', 'message', 'errexit'], ofInputs),
  ...named(['vars', 'variables'], 'vars are of the whole workflow; a task has inputs and env'),
  ...named(['secrets'], 'the workflow lists its secrets; a task reads {{ secrets.NAME }} in its env or inputs'),
  ...named(['stdout', 'stderr'], 'redirect it in the command: … > file'),
  ...named(['aliases'], 'a task has one id'),
])

/** Keys at the top of files elsewhere. */
const workflowKeys = new Map<string, string>([
  ...named(['steps', 'jobs', 'templates'], 'it is called tasks here: a list of {id, type, inputs}'),
  ...named(['on', 'schedule', 'schedules', 'cron', 'triggers'], schedule),
  ...named(['params', 'parameters', 'arguments'], inputs),
  ...named(['variables', 'consts', 'constants'], 'it is called vars here'),
  ...named(
    ['handlerOn', 'handler_on', 'handlers', 'errors', 'onExit', 'onFailure', 'onSuccess', 'onCancel', 'finally', 'afterExecution'],
    hooks,
  ),
  ...named(['maxActiveRuns', 'max_active_runs', 'queue', 'synchronization', 'mutex'], groups),
  ...named(['maxActiveSteps', 'max_active_steps', 'maxParallel'], 'it is called parallelism here'),
  ...named(['timeoutSec', 'timeout_sec', 'timeout-minutes', 'activeDeadlineSeconds'], duration),
  ...named(['fail-fast', 'fail_fast'], 'it is called failFast here'),
  ...named(['pluginDefaults', 'taskDefaults'], 'it is called defaults here: defaults: {core/shell.run: {shell: bash}}'),
  ...named(['includes', 'include', 'import', 'imports'], 'a task of the type core/workflow.run runs tasks of another file'),
  ...named(['tags'], 'it is called labels here: labels: {name: value}'),
  ...named(['version'], 'remove it, or write apiVersion: v1'),
  ...named(['namespace', 'kind', 'metadata', 'spec'], 'remove it: a workflow has an id and tasks'),
  ...named(['working-directory', 'working_dir', 'workdir', 'dir', 'cwd'], directory),
  ...named(['env_file', 'envFile', 'envFiles'], environmentFiles),
  ...named(['image', 'runs-on'], "it is called container here: container: {image: '…'}"),
])

/** How maps are written that people shorten. By key. */
const maps: Readonly<Record<string, string>> = {
  retry: 'for example retry: {max: 3}, which is at most three attempts',
  concurrency: 'for example concurrency: {group: deploy}',
  forEach: "for example forEach: {items: [a, b]}, or forEach: {items: '{{ … }}'}",
  matrix: 'for example matrix: {version: [18, 20]}',
  until: "for example until: {if: '{{ … }}', every: 10s, limit: 1h}",
  cache: "for example cache: {files: ['src/**'], makes: ['dist/**']}",
  env: 'for example env: {NAME: value}',
  labels: 'for example labels: {team: data}',
  hooks: 'for example hooks: {onFailure: [{id: tell, type: …}]}',
  trigger: "for example trigger: {type: cron, cron: '0 3 * * *'}",
  out: "for example out: {report: 'out/*.csv'}",
  in: "for example in: {config.json: '{{ … }}'}",
}

function named(keys: readonly string[], hint: string): [string, string][] {
  return keys.map((key) => [key, hint])
}

/** Of an unknown key. @param isOfTask else at the top of the file */
export function hintForKey(key: string, isOfTask: boolean): string | undefined {
  return (isOfTask ? taskKeys : workflowKeys).get(key)
}

type WrongType = Pick<SchemaFinding, 'path' | 'params' | 'keyword'>

/** Of a value of the wrong type in a workflow. @param root what `path` begins in */
export function hintForType(found: WrongType, root: unknown): string | undefined {
  const key = String(found.path.at(-1))
  if (found.params['type'] === 'object') return Object.hasOwn(maps, key) ? maps[key] : undefined
  return hintForForm(found, root)
}

/** One value where a list is wanted, or the other way round; of anything that has a schema. @param root what `path` begins in */
export function hintForForm({path, params, keyword}: WrongType, root: unknown): string | undefined {
  if (keyword !== 'type') return undefined
  const [key, value] = [String(path.at(-1)), valueAt(root, path)]
  if (params['type'] === 'string' && Array.isArray(value)) return `write one text, which may have several lines: ${key}: |`
  if (params['type'] !== 'array') return undefined
  if (typeof value === 'string' && value.length <= 60 && !/[\n']/.test(value)) return `write it as a list: ${key}: [${quoted(value)}]`
  if (typeof value !== 'object' || value === null) return undefined
  return key === 'tasks' ? 'write it as a list: each task begins with - id: NAME' : 'write it as a list: each item begins with -'
}

export function valueAt(root: unknown, path: SchemaFinding['path']): unknown {
  let value = root
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  return value
}

function quoted(text: string): string {
  return /^[A-Za-z.][\w./-]*$/.test(text) ? text : `'${text}'`
}
