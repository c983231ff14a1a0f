// `files` of a task: what is written before it, and which files it leaves.

import type {JsonObject} from '../../util/json.ts'

export interface TaskFiles {
  /** Values by name of the file, with templates. */
  readonly in: JsonObject
  /** By the name that templates know them by. */
  readonly out: Readonly<Record<string, OutFiles>>
}

export interface OutFiles {
  /** A path, or a pattern. */
  readonly path: string
  readonly optional: boolean
}

/** As the schema describes it. */
export interface WrittenFiles {
  readonly in?: JsonObject
  readonly out?: Readonly<Record<string, string | {readonly path: string; readonly optional?: boolean}>>
}

/** Undefined when nothing is written and nothing is left. */
export function readFiles(written: WrittenFiles | undefined): TaskFiles | undefined {
  const out = Object.entries(written?.out ?? {}).map(([name, value]): [string, OutFiles] => [
    name,
    typeof value === 'string' ? {path: value, optional: false} : {path: value.path, optional: value.optional ?? false},
  ])
  const files = {in: written?.in ?? {}, out: Object.fromEntries(out)}
  return out.length === 0 && Object.keys(files.in).length === 0 ? undefined : files
}
