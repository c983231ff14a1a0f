// Which tasks run in a container of an image, with what of this machine in it; and what is wrong with what the file says about that.

import path from 'node:path'
import {collectFindings, type Checked, type CheckFinding} from '../../documents/findings.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import type {PlannedContainer, PlannedMount} from '../../engine/planned-container.ts'
import {grantsPath} from '../../permissions/permissions.ts'
import {grantsOf, type WorkflowGrants} from '../../permissions/check-permissions.ts'
import {isWithin, PathPolicy} from '../../permissions/path-policy.ts'
import type {EnvironmentFacts} from '../../permissions/protected-paths.ts'
import {isTypeScript} from '../../plugins/entry-point.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import {isTemplate} from '../../templates/templates.ts'
import {isImageReference, parseMount, readContainer, type WrittenContainer} from '../../workflow/container/written-container.ts'
import type {DraftTask, WorkflowDraft} from '../../workflow/draft.ts'
import {resolveDirectory} from '../../files/resolve-directory.ts'

/** By id, for tasks that run in a container. Their limits are added by the plan. */
export type TaskContainers = ReadonlyMap<string, Omit<PlannedContainer, 'limits'>>

export interface ContainerSources {
  /** By type. */
  readonly actions: ReadonlyMap<string, PluginAction>
  readonly grants: WorkflowGrants
  /** What paths are relative to, absolute. */
  readonly dir: string
  readonly facts: EnvironmentFacts
}

/** Reads the disk; opens nothing, and asks no engine. */
export function readContainers(draft: WorkflowDraft, sources: ContainerSources): Checked<TaskContainers> {
  const value = new Map<string, Omit<PlannedContainer, 'limits'>>()
  return {value, findings: collectFindings(draft.document, checkContainers(draft, sources, value))}
}

function* checkContainers(
  {fields, tasks}: WorkflowDraft,
  sources: ContainerSources,
  containers: Map<string, Omit<PlannedContainer, 'limits'>>,
): Generator<CheckFinding> {
  const shared = fields['container']
  if (shared === undefined && tasks.every((task) => task.fields['container'] === undefined)) return
  const isRestricted = fields['security'] === 'restricted'
  const check = new ContainerCheck(sources, isRestricted, directoryOf(fields['workingDir'], sources.dir))
  if (shared !== undefined) yield* check.own(shared, ['container'])
  for (const task of tasks) {
    const own = task.fields['container']
    const at = [...task.at, 'container']
    if (own !== undefined) yield* check.own(own, at)
    const written = readContainer(shared, own)
    const action = sources.actions.get(String(task.fields['type']))
    if (written === undefined || action === undefined) continue
    if (!runsInContainer(action, own !== undefined)) {
      if (own !== undefined) yield notAProgram(at, String(task.fields['type']))
      continue
    }
    const {image} = written
    if (image === undefined) {
      yield {at, code: 'no-image', message: 'this container has no image', hint: 'write container: {image: "python:3.12-slim"}'}
      continue
    }
    const mounts = yield* check.mounts(written, task)
    const {network = isRestricted ? 'none' : 'bridge', user, workdir, pull} = written
    containers.set(task.id, {image, mounts, network, pull, ...(user !== undefined && {user}), ...(workdir !== undefined && {workdir})})
  }
}

/**
 * The container of a workflow is for commands and for code that stands in the workflow file; a task can also ask for the program of another plugin.
 * TypeScript is compiled outside of the directory of its plugin, which is all that is mounted.
 */
function runsInContainer({plugin: {manifest}, action}: PluginAction, isAsked: boolean): boolean {
  const {protocol, main} = manifest
  if (protocol === 'exec') return true
  const runsScript = action.literalInputs.length > 0
  return protocol === 'plain' ? isAsked || runsScript : protocol === 'sdk' && runsScript && !isTypeScript(main)
}

function notAProgram(at: DocumentPath, type: string): CheckFinding {
  return {
    at,
    code: 'not-in-container',
    message: `${type} is not a program of its own, so it cannot run in a container`,
    hint: 'remove `container` from this task; shell and script tasks can have one',
  }
}

function directoryOf(workingDir: unknown, dir: string): string {
  return typeof workingDir === 'string' ? resolveDirectory(dir, workingDir) : dir
}

/** Mounted over these, a container would lose its own programs or its view of itself. */
const neverTargets = ['/', '/bin', '/sbin', '/lib', '/lib64', '/usr', '/usr/bin', '/usr/sbin', '/usr/lib', '/etc']
const neverBelow = ['/proc', '/sys', '/dev']

class ContainerCheck {
  readonly #sources: ContainerSources
  readonly #isRestricted: boolean
  readonly #workingDir: string
  readonly #policy: PathPolicy
  /** Those of a workflow are judged once, however many tasks have them. */
  readonly #judged = new Map<string, PlannedMount | undefined>()

  constructor(sources: ContainerSources, isRestricted: boolean, workingDir: string) {
    this.#sources = sources
    this.#isRestricted = isRestricted
    this.#workingDir = workingDir
    this.#policy = new PathPolicy(sources.facts, {looksInside: isRestricted, isMount: true})
  }

  /** What is wrong with one `container`, whatever task it is for. */
  *own(value: unknown, at: DocumentPath): Generator<CheckFinding> {
    if (value === true)
      yield {
        at,
        code: 'no-image',
        message: '`container: true` names no image',
        hint: 'write container: python:3.12-slim, or false for a task without a container',
      }
    const {image, network, user} = readContainer(undefined, value) ?? {}
    const isShort = typeof value === 'string'
    if (image !== undefined && !isTemplate(image) && !isImageReference(image))
      yield {
        at: isShort ? at : [...at, 'image'],
        code: 'bad-image',
        message: `'${image}' is not the name of an image`,
        hint: isImageReference(image.toLowerCase())
          ? `names of images are lower-case: ${image.toLowerCase()}`
          : 'write it as `docker pull` takes it: python:3.12-slim, ghcr.io/acme/tool:1.4',
      }
    if (at.length === 1 && image === undefined && value !== true)
      yield {at, code: 'no-image', message: 'this container has no image', hint: 'write container: {image: "python:3.12-slim"}'}
    if (this.#isRestricted) yield* refuseFreedom(network, user, at)
    else if (at.length === 1) yield* this.#checkWorkingDir()
  }

  *mounts({mounts, mountsFrom}: WrittenContainer, task: DraftTask): Generator<CheckFinding, PlannedMount[]> {
    const base: DocumentPath = mountsFrom === 'task' ? [...task.at, 'container', 'mounts'] : ['container', 'mounts']
    const planned = new Map<string, PlannedMount>()
    for (const [index, text] of mounts.entries()) {
      const at = [...base, index]
      const key = `${at.join('.')} ${this.#isRestricted ? task.id : ''}`
      if (!this.#judged.has(key)) this.#judged.set(key, yield* this.#judge(text, at, task.id))
      const mount = this.#judged.get(key)
      if (mount === undefined) continue
      if (planned.has(mount.target) && mountsFrom === 'task')
        yield {at, code: 'mounted-twice', message: `something else is mounted at ${mount.target} already`, hint: 'give each its own target'}
      planned.set(mount.target, mount)
    }
    return [...planned.values()]
  }

  *#judge(text: string, at: DocumentPath, taskId: string): Generator<CheckFinding, PlannedMount | undefined> {
    const {dir, grants} = this.#sources
    const mount = parseMount(text)
    if (mount === undefined) {
      yield {
        at,
        code: 'bad-mount',
        message: `'${text}' is not a mount`,
        hint: 'write source:target, or source:target:ro; the target is an absolute path in the container: ./data:/data:ro',
      }
      return undefined
    }
    const {source, target, access} = mount
    if (neverTargets.includes(target) || neverBelow.some((place) => isWithin(target, place)) || target.split('/').includes('..')) {
      yield {
        at,
        code: 'bad-mount',
        message: `nothing can be mounted at '${target}': the container needs what it has there`,
        hint: 'choose another target, such as /data',
      }
      return undefined
    }
    const isReadOnly = access === 'read'
    const decision = this.#policy.decide(source, access, dir)
    if (decision.ok) {
      const {real} = decision.path
      if (this.#isRestricted && !grantsPath(grantsOf(grants, taskId), {access, real})) {
        yield notGranted(at, source, access)
        return undefined
      }
      return {source: real, target, isReadOnly}
    }
    const {kind, message, hint, written} = decision.refusal
    // The project is in the container anyway, with all that is in it.
    if (kind === 'refused' && !this.#isRestricted && isWithin(path.resolve(dir, source), this.#workingDir))
      return {source: path.resolve(dir, source), target, isReadOnly}
    yield {
      at,
      code: kind === 'missing' ? 'mount-missing' : kind === 'refused' ? 'permission-refused' : 'bad-path',
      message,
      ...(hint !== undefined && {hint: kind === 'missing' && written !== undefined ? `create it first: mkdir -p ${written}` : hint}),
      ...(kind === 'refused' && {errorCode: 'PERMISSION_REFUSED' as const}),
    }
    return undefined
  }

  /** It is mounted where it is. */
  *#checkWorkingDir(): Generator<CheckFinding> {
    const dir = this.#workingDir
    if (!neverTargets.includes(dir) && !neverBelow.some((place) => isWithin(dir, place))) return
    yield {
      at: ['container'],
      target: 'key',
      code: 'bad-mount',
      message: `the working directory '${dir}' cannot be mounted into a container: it would hide what the image has there`,
      hint: 'move the workflow to a directory of its own, or write workingDir',
    }
  }
}

function* refuseFreedom(network: string | undefined, user: string | undefined, at: DocumentPath): Generator<CheckFinding> {
  if (network === 'bridge')
    yield {
      at: [...at, 'network'],
      code: 'permission-refused',
      message: 'a restricted task reaches only what permissions.network grants, so its container has no network of its own',
      hint: 'remove `network`, and add the addresses to permissions.network',
      errorCode: 'PERMISSION_REFUSED',
    }
  if (user !== undefined)
    yield {
      at: [...at, 'user'],
      code: 'permission-refused',
      message: 'a restricted task runs as you, without any rights over its image',
      hint: 'remove `user`',
      errorCode: 'PERMISSION_REFUSED',
    }
}

function notGranted(at: DocumentPath, source: string, access: 'read' | 'write'): CheckFinding {
  return {
    at,
    code: 'permission-not-granted',
    message: `'${source}' is mounted, but not granted: a restricted task sees only what permissions.filesystem grants`,
    hint: `add it to permissions.filesystem.${access}${access === 'write' ? ', or mount it with :ro' : ''}`,
    errorCode: 'PERMISSION_REFUSED',
  }
}
