// `container` as it is written: that of a task over that of its workflow, and the parts of its texts. Pure.

import {fieldsOf, isFields} from '../../documents/fields.ts'

/** What holds for one task. Values of the wrong type are left out. */
export interface WrittenContainer {
  /** May be a template. Absent: nobody has named one. */
  readonly image?: string
  readonly mounts: readonly string[]
  readonly network?: 'none' | 'bridge'
  readonly user?: string
  readonly workdir?: string
  readonly pull: 'missing' | 'always' | 'never'
  /** Whose `mounts` they are. */
  readonly mountsFrom: 'workflow' | 'task'
}

export interface WrittenMount {
  /** As a path of this machine is written. */
  readonly source: string
  /** In the container. */
  readonly target: string
  readonly access: 'read' | 'write'
}

/** Undefined: the task runs without a container. @param workflow what the workflow says, or undefined @param task likewise */
export function readContainer(workflow: unknown, task: unknown): WrittenContainer | undefined {
  if (task === false || task === null) return undefined
  const own = asFields(task)
  const shared = asFields(workflow)
  if (own === undefined && shared === undefined) return undefined
  const {image, mounts, network, user, workdir, pull} = {...shared, ...own}
  return {
    ...(typeof image === 'string' && {image: image.trim()}),
    mounts: Array.isArray(mounts) ? mounts.filter((mount) => typeof mount === 'string') : [],
    ...((network === 'none' || network === 'bridge') && {network}),
    ...((typeof user === 'string' || typeof user === 'number') && {user: String(user)}),
    ...(typeof workdir === 'string' && {workdir}),
    pull: pull === 'always' || pull === 'never' ? pull : 'missing',
    mountsFrom: own?.['mounts'] === undefined ? 'workflow' : 'task',
  }
}

/** The short form is the name of the image. */
function asFields(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value === 'string') return {image: value}
  return isFields(value) ? fieldsOf(value) : undefined
}

/** Undefined: not of the form source:target[:ro|:rw]. */
export function parseMount(text: string): WrittenMount | undefined {
  const [source, target, access = 'rw', ...more] = text.split(':')
  if (source === undefined || source === '' || target?.startsWith('/') !== true || more.length > 0) return undefined
  if (access !== 'ro' && access !== 'rw') return undefined
  return {source, target: target.length > 1 ? target.replace(/\/+$/, '') : target, access: access === 'ro' ? 'read' : 'write'}
}

const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?`
const part = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
const reference = new RegExp(
  String.raw`^(?:${host}/)?${part}(?:/${part})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
)
const longestReference = 512

/** Whether a text can name an image (github.com/distribution/reference). */
export function isImageReference(text: string): boolean {
  return text.length <= longestReference && (reference.test(text) || /^sha256:[0-9a-f]{64}$/.test(text))
}
