// What the result of a task depends on, as digests with names.

import type {JsonValue} from '../util/json.ts'
import type {Digests} from './digests.ts'
import type {FileRecord} from './read-digest.ts'
import type {Fingerprint} from './result-rows.ts'

/** Another one makes all kept results miss. */
const format = 1

/** @param parts by name, as messages say it @param files sorted by path */
export function fingerprintOf(parts: Readonly<Record<string, JsonValue>>, files: readonly FileRecord[], digests: Digests): Fingerprint {
  const names = Object.keys(parts).sort()
  const digested = Object.fromEntries(names.map((name) => [name, digests.text(name, JSON.stringify(parts[name] ?? null))]))
  const listed = files.map(({path, digest}) => [path, digest])
  return {digest: digests.value([format, Object.entries(digested), listed]), parts: digested, files}
}

/** What differs, as phrases: `input command changed`, `file src/a.ts was removed`. The definition first. */
export function compareFingerprints(before: Fingerprint, now: Fingerprint): string[] {
  const parts = compareNamed(Object.entries(before.parts), Object.entries(now.parts))
  const files = compareNamed(byPath(before.files), byPath(now.files)).map((phrase) => `file ${phrase}`)
  return [...parts, ...files]
}

function byPath(files: readonly FileRecord[]): (readonly [string, string])[] {
  return files.map(({path, digest}) => [path, digest])
}

export function compareNamed(before: readonly (readonly [string, string])[], now: readonly (readonly [string, string])[]): string[] {
  const [old, present] = [new Map(before), new Map(now)]
  const phrases = [...present].flatMap(([name, digest]) => {
    const known = old.get(name)
    return known === digest ? [] : [`${name} ${known === undefined ? 'was added' : 'changed'}`]
  })
  return [...phrases, ...[...old.keys()].filter((name) => !present.has(name)).map((name) => `${name} was removed`)]
}
