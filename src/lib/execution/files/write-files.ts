// `files.in` of a task: values -> files in its directory.

import path from 'node:path'
import {ensurePrivateDir} from '../../files/ensure-directory.ts'
import {writeFileAtomic} from '../../files/atomic-write.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {RunDirectory} from './run-directory.ts'

/**
 * Writes each value under its name: text as it is, anything else as JSON. Names were checked with the workflow. No file is ever seen half-written.
 * Rejects with the error of the file system.
 * @param directory of the task, absolute and empty
 */
export async function writeFiles(directory: string, values: JsonObject, owners: Pick<RunDirectory, 'give'>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const file = path.join(directory, name)
    for (const parent of parentsOf(name)) {
      ensurePrivateDir(path.join(directory, parent))
      owners.give(path.join(directory, parent))
    }
    await writeFileAtomic(file, textOf(value))
    owners.give(file)
  }
}

export function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Outermost first. */
export function parentsOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1)
  return parts.map((_, nth) => parts.slice(0, nth + 1).join('/'))
}
