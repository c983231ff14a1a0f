// Paths in the directory of a run, which is another one in each run: what the result of a task depends on must not, and a result that is used again has
// those of the run that uses it.

import path from 'node:path'
import type {TaskFileSets} from '../../engine/task-result.ts'
import type {JsonValue} from '../../util/json.ts'

/** Files that tasks of the run have left, by their absolute paths. The values say what is in them. */
export class FilesOfRun {
  readonly #runDir: string
  readonly #known = new Map<string, string>()

  /** @param runDir absolute */
  constructor(runDir: string) {
    this.#runDir = `${runDir}${path.sep}`
  }

  add(files: TaskFileSets = {}): void {
    for (const file of Object.values(files).flatMap((set) => set ?? []))
      this.#known.set(file.path, `{run.dir}/${file.path.slice(this.#runDir.length)} ${file.sha256}`)
  }

  /** The value with each path of such a file replaced by what it is in every run: its place and its hash. Other paths stay, and with them the run. */
  describe(value: JsonValue): JsonValue {
    if (this.#known.size === 0) return value
    return mapTexts(value, (text) => this.#known.get(text) ?? (text.includes(this.#runDir) ? this.#describeWithin(text) : text))
  }

  #describeWithin(text: string): string {
    // The longest first: one name may begin as another one does.
    const paths = [...this.#known.keys()].sort((a, b) => b.length - a.length)
    let described = ''
    let from = 0
    for (let at = text.indexOf(this.#runDir); at >= 0; at = text.indexOf(this.#runDir, at + 1)) {
      const found = paths.find((file) => text.startsWith(file, at) && isEnd(text[at + file.length]))
      if (found === undefined) continue
      described += text.slice(from, at) + (this.#known.get(found) ?? '')
      from = at + found.length
    }
    return described + text.slice(from)
  }
}

/** What follows a path does not go on with it: `out/a` is not in `out/a.csv`. */
function isEnd(character: string | undefined): boolean {
  return character === undefined || /[\s"',:;)\]}|&<>=]/.test(character)
}

/** @param from the directory of a run @param to that of another one */
export function moveRunPaths(value: JsonValue, from: string, to: string): JsonValue {
  const [old, now] = [`${from}${path.sep}`, `${to}${path.sep}`]
  return mapTexts(value, (text) => (text.includes(old) ? text.replaceAll(old, () => now) : text))
}

/** The same value when no text changes. Names of members are left as they are. */
function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map((item) => mapTexts(item, map))
    return items.some((item, index) => item !== (value as readonly JsonValue[])[index]) ? items : value
  }
  const entries = Object.entries(value)
  const mapped = entries.map(([name, member]) => [name, mapTexts(member, map)] as const)
  return mapped.some(([, member], index) => member !== entries[index]?.[1]) ? Object.fromEntries(mapped) : value
}
