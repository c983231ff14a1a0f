// The permissions of a workflow file as they are written, read once: the checks, the advice and the comparison with a plugin use this list.

import {fieldsOf} from '../documents/fields.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import type {WorkflowDraft} from './draft.ts'

export interface WrittenGrant {
  readonly text: string
  readonly at: DocumentPath
}

/** One `permissions` map. A list that is not written is undefined: for a task that means the grants of the workflow. */
export interface WrittenPermissions {
  readonly network: readonly WrittenGrant[] | undefined
  readonly filesystem: {readonly read: readonly WrittenGrant[]; readonly write: readonly WrittenGrant[]} | undefined
}

export interface AllPermissions {
  readonly isRestricted: boolean
  readonly workflow: WrittenPermissions
  /** Every task; one without permissions of its own has those of the workflow. */
  readonly tasks: readonly {readonly id: string; readonly own: WrittenPermissions | undefined}[]
}

/** Whatever has the wrong type is left out: the check of the shape reports it. */
export function readPermissions({fields, tasks}: WorkflowDraft): AllPermissions {
  return {
    isRestricted: fields['security'] === 'restricted',
    workflow: readMap(fields['permissions'], ['permissions']),
    tasks: tasks.map(({id, at, fields: {permissions}}) => ({
      id,
      own: permissions === undefined ? undefined : readMap(permissions, [...at, 'permissions']),
    })),
  }
}

/** All `permissions` maps of the file. */
export function listMaps({workflow, tasks}: AllPermissions): WrittenPermissions[] {
  return [workflow, ...tasks.flatMap(({own}) => own ?? [])]
}

function readMap(value: unknown, at: DocumentPath): WrittenPermissions {
  const {network, filesystem} = fieldsOf(value)
  const {read, write} = fieldsOf(filesystem)
  const pathsAt = [...at, 'filesystem']
  return {
    network: network === undefined ? undefined : readList(network, [...at, 'network']),
    filesystem:
      filesystem === undefined ? undefined : {read: readList(read, [...pathsAt, 'read']), write: readList(write, [...pathsAt, 'write'])},
  }
}

function readList(list: unknown, at: DocumentPath): WrittenGrant[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((text: unknown, index) => (typeof text === 'string' && text !== '' ? [{text, at: [...at, index]}] : []))
}
