// `resources` of a workflow or a task: sizes as people write them -> bytes.

import {fieldsOf} from '../documents/fields.ts'
import type {CheckFinding} from '../documents/findings.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import {parseByteSize} from '../util/byte-size.ts'
import type {Resources} from './model.ts'
import {defined} from '../util/defined.ts'

export interface WrittenResources {
  readonly memory?: string | number
  readonly cpus?: number
  readonly pids?: number
  readonly tmp?: string | number
}

const mebibyte = 1024 * 1024
/** Below these, nothing starts. */
const least = {memory: 16 * mebibyte, tmp: 64 * 1024}

/** What `checkResources` has nothing against. */
export function readResources({memory, cpus, pids, tmp}: WrittenResources = {}): Resources {
  const memoryBytes = memory === undefined ? undefined : parseByteSize(memory)
  const tmpBytes = tmp === undefined ? undefined : parseByteSize(tmp)
  return {
    ...defined({memoryBytes, cpus, pids, tmpBytes}),
  }
}

/** Checks sizes; what has the wrong type is left to the schema. */
export function* checkResources(value: unknown, at: DocumentPath): Generator<CheckFinding> {
  if (value === undefined) return
  const resources = fieldsOf(value)
  for (const name of ['memory', 'tmp'] as const) {
    const size = resources[name]
    if (typeof size !== 'string' && typeof size !== 'number') continue
    const bytes = parseByteSize(size)
    if (bytes !== undefined && bytes >= least[name]) continue
    const text = JSON.stringify(size)
    yield {
      at: [...at, name],
      code: 'bad-size',
      message: bytes === undefined ? `${text} is not a valid size` : `${text} is too small: no program can run with it`,
      hint: `write 64MiB, 1GiB, or a number of bytes; at least ${formatSize(least[name])}`,
    }
  }
}

function formatSize(bytes: number): string {
  return bytes < mebibyte ? `${String(bytes / 1024)}KiB` : `${String(bytes / mebibyte)}MiB`
}
