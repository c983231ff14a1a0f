// A home and a directory in which one shape is run, killed and resumed over and over: what stands in its journal, in its file of effects and among the processes.

import {copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import type {StateEvent} from '../../../src/lib/engine/events.ts'
import {writeFiles} from '../plugin-dir.ts'
import {isAlive} from '../processes.ts'
import {temporaryDir} from '../temporary-dir.ts'
import type {Shape} from './shapes.ts'

export interface KilledRun {
  readonly number: number
  readonly id: string
  readonly status: string
  readonly parent: string | null
  readonly events: readonly StateEvent[]
}

export interface Effect {
  readonly run: string
  readonly task: string
  /** TRACEPARENT of the attempt. */
  readonly attempt: string
  readonly step: 'b' | 'e'
}

/** Call it inside a test. */
export class ChaosHome {
  readonly shape: Shape
  readonly dir = temporaryDir()
  readonly home = temporaryDir()
  readonly #copies = temporaryDir()

  constructor(shape: Shape) {
    this.shape = shape
    writeFiles(this.dir, shape.files)
  }

  get database(): string {
    return path.join(this.home, 'autokestra.db')
  }

  /** Runs with a greater number, in order. Reads a copy, so that what a killed command has left stays as it is. */
  runsAfter(number: number): KilledRun[] {
    if (!existsSync(this.database)) return []
    const copy = path.join(this.#copies, 'copy.db')
    for (const ending of ['', '-wal']) {
      if (existsSync(this.database + ending)) copyFileSync(this.database + ending, copy + ending)
      else if (existsSync(copy + ending)) throw new Error('a copy was left')
    }
    const db = new BetterSqlite(copy)
    try {
      const isThere = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'runs'").pluck().get()
      if (isThere !== 1) return []
      const events = db.prepare<[number], string>('SELECT line FROM events WHERE run_number = ? ORDER BY seq').pluck()
      return db
        .prepare<[number], Omit<KilledRun, 'events'>>(
          'SELECT number, id, status, parent_run AS parent FROM runs WHERE number > ? ORDER BY number',
        )
        .all(number)
        .map((run) => ({...run, events: events.all(run.number).map((line) => JSON.parse(line) as StateEvent)}))
    } finally {
      // Takes the WAL of the copy with it.
      db.close()
    }
  }

  /** What SQLite says of the file: `ok`. */
  integrity(): unknown {
    const db = new BetterSqlite(this.database)
    try {
      return db.pragma('integrity_check', {simple: true})
    } finally {
      db.close()
    }
  }

  /** @param from a number of lines that are left out */
  effects(from = 0): Effect[] {
    const file = path.join(this.dir, 'effects')
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(from, -1) : []
    return lines.map((line) => {
      const [run = '', task = '', attempt = '', step = ''] = line.split(' ')
      if (step !== 'b' && step !== 'e') throw new Error(`half a line of effects: ${line}`)
      return {run, task, attempt, step}
    })
  }

  /** Processes that work in its directory, or have its home in their arguments or their environment. */
  processes(): string[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name) || Number(name) === process.pid || !isAlive(Number(name))) return []
      try {
        const text = readFileSync(`/proc/${name}/environ`, 'latin1') + readFileSync(`/proc/${name}/cmdline`, 'latin1')
        if (!text.includes(this.home) && !text.includes(this.dir) && readlinkSync(`/proc/${name}/cwd`) !== this.dir) return []
        return [`${name} ${readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200)}`]
      } catch {
        // It has ended in the meantime.
        return []
      }
    })
  }

  /** Sockets, named pipes and whatever else is no file in the home. */
  oddFiles(): string[] {
    return readdirSync(this.home, {recursive: true, withFileTypes: true})
      .filter((entry) => !entry.isFile() && !entry.isDirectory())
      .map(({name}) => name)
  }
}

/** Directories and named pipes in memory that belong to one of these processes. */
export function memoryOf(pids: ReadonlySet<number>): string[] {
  return readdirSync('/dev/shm').filter((name) => {
    const [, pid] = /^autokestra-(\d+)-/.exec(name) ?? []
    return pid !== undefined && pids.has(Number(pid))
  })
}
