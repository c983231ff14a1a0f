// What templates may know of the attempt that goes on. All of it follows from the journal and the files: nothing is stored, and a run that is
// continued by another process gets the same answers.

import {createHash} from 'node:crypto'
import {realpathSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {allTasks, type Plan} from '../../engine/plan.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import {hashFiles} from '../../files/hash-files.ts'
import {FunctionError} from '../../templates/functions/function-error.ts'
import type {RunFacts} from '../../templates/functions/run-facts.ts'

export class AttemptFacts {
  readonly #runId: string
  readonly #dir: string
  /** Of the last event. */
  #now = ''
  readonly #attempts = new Map<string, {readonly attempt: number; readonly startedAt: string}>()

  /** What a restricted workflow may read. Undefined: all. */
  readonly #granted: readonly string[] | undefined

  constructor(runId: string, plan: Plan) {
    const {file, workflow} = plan
    this.#runId = runId
    this.#dir = file === '-' ? workflow.workingDir : dirname(file)
    const paths = (): string[] => allTasks(plan).flatMap(({restrictions}) => restrictions?.permissions.paths.map(({real}) => real) ?? [])
    this.#granted = workflow.security === 'restricted' ? paths() : undefined
  }

  hear(event: DatedEvent): void {
    this.#now = event.ts
    if (event.type === 'task.started') this.#attempts.set(event.task, {attempt: event.attempt, startedAt: event.ts})
    else if (event.type === 'task.finished') this.#attempts.delete(event.task)
  }

  /** The hash of a short file tells what is in it to those who try, and a restricted workflow may send it. @param path of a file in its directory */
  readonly #mayRead = (path: string): boolean => {
    if (this.#granted === undefined) return true
    const file = join(realpathSync(this.#dir), path)
    return this.#granted.some((real) => file === real || file.startsWith(real === '/' ? real : `${real}/`))
  }

  /** @param key of the task that is attempted; undefined: what is evaluated belongs to no attempt, and the answers are those of the last event */
  of(key?: string): RunFacts {
    const {attempt = 0, startedAt} = (key === undefined ? undefined : this.#attempts.get(key)) ?? {}
    const last = (): string => this.#now
    return {
      get now() {
        return startedAt ?? last()
      },
      uuid: (name) => toUuid([this.#runId, key ?? '', String(attempt), name]),
      hashFiles: (patterns, spend) => {
        const hashed = hashFiles(this.#dir, patterns, spend, this.#mayRead)
        if (hashed.ok) return hashed.hash
        throw new FunctionError(`hashFiles(): ${hashed.reason}`, hashed.pattern)
      },
    }
  }
}

/** Version 8 of RFC 9562: of a hash. */
function toUuid(names: readonly string[]): string {
  const bytes = createHash('sha256').update(names.join('\n')).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
