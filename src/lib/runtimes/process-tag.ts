// The mark in the environment of every task process: who started it, and for which attempt. Children inherit it, wherever they move to.
// Form: `<pid>:<start time>:<system>:<runtime>-<id>`; a workflow run inside a task of another one keeps the outer marks behind commas.

import type {ProcessIdentity} from '../util/process-identity.ts'

interface ProcessTag {
  readonly owner: ProcessIdentity
  readonly id: string
}

/** What stands before the id in all tags of one owner. */
export function ownerPrefix(owner: ProcessIdentity): string {
  return `${owner.pid}:${owner.startTime}:${owner.system}:`
}

/** Reads the marks of a variable's value, innermost first. Parts of another form are left out. */
export function parseProcessTags(value: string): ProcessTag[] {
  const tags: ProcessTag[] = []
  for (const part of value.split(',')) {
    const match = /^(\d{1,10}):(\d{1,20}):([\w-]{1,40}):(.+)$/.exec(part)
    if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined || match[4] === undefined) continue
    tags.push({owner: {pid: Number(match[1]), startTime: match[2], system: match[3]}, id: match[4]})
  }
  return tags
}
