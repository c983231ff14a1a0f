// Granted paths that the user of the containers may not use: no grant passes over the permissions of the system.

import {statSync} from 'node:fs'
import type {PlannedTask} from '../engine/plan.ts'
import type {ActionWarning} from '../engine/task-result.ts'
import type {PlannedPath} from '../engine/task-restrictions.ts'

export interface ContainerIds {
  readonly uid: number
  readonly gid: number
}

/** One warning per path. Access lists and the like are not looked at. */
export function warnAboutAccess(tasks: Iterable<Pick<PlannedTask, 'restrictions'>>, user: ContainerIds): ActionWarning[] {
  const paths = new Map<string, PlannedPath>()
  for (const {restrictions} of tasks) {
    for (const path of restrictions?.permissions.paths ?? []) paths.set(`${path.access} ${path.real}`, path)
  }
  return [...paths.values()].filter((path) => !mayUse(path, user)).map((path) => describe(path, user))
}

function mayUse({real, access}: PlannedPath, {uid, gid}: ContainerIds): boolean {
  const stats = statSync(real, {throwIfNoEntry: false})
  if (stats === undefined) return true
  const wanted = (access === 'write' ? 2 : 4) | (stats.isDirectory() ? 1 : 0)
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0
  return ((stats.mode >> shift) & wanted) === wanted
}

function describe({text, access, real}: PlannedPath, {uid, gid}: ContainerIds): ActionWarning {
  const advice = access === 'write' ? `chown -R ${String(uid)}:${String(gid)} ${real}` : `chmod o+rX ${real}`
  return {
    code: 'GRANT_NOT_USABLE',
    message: `when root starts a workflow, its restricted tasks run as user ${String(uid)}, who may not ${access} '${text}': run the workflow as a user other than root, or run: ${advice}`,
  }
}
