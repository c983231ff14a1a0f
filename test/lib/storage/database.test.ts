import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {execFileSync} from 'node:child_process'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {schemaVersion} from '../../../src/lib/storage/migrate.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {explainMissingBinding} from '../../../src/lib/storage/load-sqlite.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {isBusy, storageError} from '../../../src/lib/storage/sqlite-error.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {keptPlan, newRun} from '../../rig/new-run.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'
import {nodeWithoutPrivileges} from '../../rig/without-privileges.ts'

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

describe('openDatabase', () => {
  test('makes the directory and the files for the owner alone, whatever the umask', async () => {
    const home = path.join(temporaryDir(), 'home')
    const file = path.join(home, 'autokestra.db')
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      process.umask(0)
      const db = await openDatabase(process.argv[2])
      db.exec("INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) VALUES ('a', 'w', '-', '', 1, '0', 'none')")
      console.log('ready')
      process.stdin.resume()
    `)
    const child = runScript(script, [file])
    await child.line('ready')
    expect(readdirSync(home).sort()).toEqual(['autokestra.db', 'autokestra.db-shm', 'autokestra.db-wal'])
    for (const name of readdirSync(home)) expect(modeOf(path.join(home, name)), name).toBe('600')
    expect(modeOf(home)).toBe('700')
    child.stdin.end()
    expect(await child.exit).toMatchObject({code: 0})
  })

  test('closes a file that others could read', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    ;(await openDatabase(file)).close()
    chmodSync(file, 0o644)
    ;(await openDatabase(file)).close()
    expect(modeOf(file)).toBe('600')
  })

  test('keeps what is there when opened again, and needs no write to open', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const first = await openDatabase(file)
    first.exec(
      "INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) VALUES ('a', 'w', '-', '', 1, '0', 'none')",
    )
    first.close()
    const before = readFileSync(file)
    const second = await openDatabase(file)
    expect(second.prepare('SELECT id FROM runs').all()).toEqual([{id: 'a'}])
    second.close()
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('lets ten processes open a new database at once, and all of them write', {timeout: 120_000}, async () => {
    const file = path.join(temporaryDir(), 'home', 'a.db')
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      import {SqliteJournal} from 'src/lib/storage/journal.ts'
      import {keptPlan, newRun} from 'test/rig/new-run.ts'
      const [, , file, id] = process.argv
      console.log('ready')
      process.stdin.once('data', async () => {
        const db = await openDatabase(file)
        const journal = new SqliteJournal(db)
        journal.create(newRun(id), keptPlan())
        for (let seq = 1; seq <= 200; seq++) {
          journal.append(id, [{type: 'task.log', line: seq, ts: '', run: id, task: 't', attempt: 1, stream: 'stdout', level: 'info', message: 'x'}])
        }
        db.close()
        process.stdin.destroy()
      })
    `)
    const children = Array.from({length: 10}, (_, index) => runScript(script, [file, `run-${String(index)}`]))
    for (const child of children) await child.line('ready')
    for (const child of children) child.stdin.write('go\n')
    for (const child of children) expect(await child.exit).toEqual({code: 0, signal: null, stderr: ''})
    const db = await openDatabase(file)
    expect(db.prepare('SELECT count(*) AS lines, count(DISTINCT run_number) AS runs FROM log_lines').get()).toEqual({lines: 2000, runs: 10})
    expect(db.pragma('integrity_check', {simple: true})).toBe('ok')
    db.close()
  })

  test('brings a database of the first version up to date, also when it is only read, and keeps what is there', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const first = new BetterSqlite(file)
    first.exec(readFileSync(new URL('../../../src/lib/storage/migrations/0001-journal.sql', import.meta.url), 'utf8'))
    first.pragma(`application_id = ${String(0x41_4b_73_74)}`)
    first.pragma('user_version = 1')
    first.exec(
      "INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) VALUES ('a', 'w', '-', '', 1, '0', 'none')",
    )
    first.close()
    const db = await openDatabase(file, {readonly: true})
    expect(db.pragma('user_version', {simple: true})).toBe(schemaVersion)
    expect(db.prepare('SELECT id FROM runs').all()).toEqual([{id: 'a'}])
    expect(db.prepare('SELECT count(*) AS n FROM secrets').get()).toEqual({n: 0})
    db.close()
  })

  test('leaves the database of a newer version untouched', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const db = await openDatabase(file)
    db.pragma('user_version = 999')
    db.close()
    const before = readFileSync(file)
    await expect(openDatabase(file)).rejects.toMatchObject({code: 'STORAGE_NEWER', exitCode: 9})
    await expect(openDatabase(file, {readonly: true})).rejects.toMatchObject({code: 'STORAGE_NEWER'})
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('leaves the database of another program untouched', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const foreign = new BetterSqlite(file)
    foreign.exec('CREATE TABLE theirs (a)')
    foreign.close()
    const before = readFileSync(file)
    await expect(openDatabase(file)).rejects.toMatchObject({
      code: 'STORAGE_UNREADABLE',
      message: `${file} is the database of another program`,
    })
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('tells a file that is no database from one that is damaged', async () => {
    const text = path.join(temporaryDir(), 'notes.db')
    writeFileSync(text, 'remember the milk\n'.repeat(500))
    await expect(openDatabase(text)).rejects.toMatchObject({code: 'STORAGE_UNREADABLE', message: `${text} is not a database`})
    expect(readFileSync(text, 'utf8')).toContain('remember the milk')

    const damaged = path.join(temporaryDir(), 'a.db')
    const db = await openDatabase(damaged)
    const journal = new SqliteJournal(db)
    journal.create(newRun('r'), keptPlan())
    for (let seq = 1; seq <= 500; seq++) {
      journal.append('r', [
        {type: 'task.log', line: seq, ts: '', run: 'r', task: 't', attempt: 1, stream: 'stdout', level: 'info', message: 'x'.repeat(200)},
      ])
    }
    db.close()
    truncateSync(damaged, 8192)
    const attempt = async (): Promise<void> => {
      const {RunRows} = await import('../../../src/lib/storage/run-rows.ts')
      const rows = await RunRows.open(damaged)
      try {
        for (const event of rows.events(rows.get('r'))) expect(event.line).toContain('{')
      } finally {
        await rows.close()
      }
    }
    await expect(attempt()).rejects.toMatchObject({code: 'STORAGE_UNREADABLE', message: `the database ${damaged} is damaged`})
  })

  test('says what stands in the place of the file', async () => {
    const directory = path.join(temporaryDir(), 'a.db')
    mkdirSync(directory)
    await expect(openDatabase(directory)).rejects.toMatchObject({
      code: 'STORAGE_UNREADABLE',
      message: `${directory} is a directory, not a database`,
    })
    const pipe = path.join(temporaryDir(), 'pipe.db')
    execFileSync('mkfifo', [pipe])
    await expect(openDatabase(pipe)).rejects.toMatchObject({
      code: 'STORAGE_UNREADABLE',
      message: `${pipe} is not a regular file`,
    })
    const file = path.join(temporaryDir(), 'plain')
    writeFileSync(file, '')
    await expect(openDatabase(path.join(file, 'a.db'))).rejects.toMatchObject({
      code: 'STORAGE_UNREADABLE',
      message: `${file} is not a directory`,
    })
  })

  test('says which permission is missing', async () => {
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      const [, , file] = process.argv
      try {
        const db = await openDatabase(file)
        db.close()
        console.log('opened')
      } catch (error) {
        console.log(error.code + ': ' + error.message)
      }
    `)
    const open = async (file: string): Promise<string> => {
      const child = runScript(script, [file], {node: nodeWithoutPrivileges})
      const text = await child.line('')
      await child.exit
      return text
    }
    const dir = temporaryDir()
    chmodSync(dir, 0o755)
    const closed = path.join(dir, 'closed')
    mkdirSync(closed, {mode: 0o555})
    expect(await open(path.join(closed, 'a.db'))).toBe(
      `STORAGE_NOT_WRITABLE: you do not have permission to write in the directory ${closed}`,
    )

    const home = path.join(dir, 'home')
    const file = path.join(home, 'a.db')
    ;(await openDatabase(file)).close()
    chmodSync(home, 0o755)
    chmodSync(file, 0)
    expect(await open(file)).toBe(`STORAGE_UNREADABLE: you do not have permission to read the database ${file}`)
    chmodSync(file, 0o444)
    chmodSync(home, 0o555)
    expect(await open(file)).toMatch(/^STORAGE_NOT_WRITABLE: /)
    chmodSync(home, 0)
    expect(await open(file)).toMatch(/^STORAGE_(UNREADABLE|NOT_WRITABLE): /)
    chmodSync(home, 0o755)
  })

  test('says that the disk is full, and keeps what was written before', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const db = await openDatabase(file)
    const journal = new SqliteJournal(db)
    journal.create(newRun('r'), keptPlan())
    db.pragma(`max_page_count = ${String(Number(db.pragma('page_count', {simple: true})) + 8)}`)
    let written = 0
    const fill = (): void => {
      for (;;) {
        journal.append('r', [
          {
            type: 'task.log',
            line: written + 1,
            ts: '',
            run: 'r',
            task: 't',
            attempt: 1,
            stream: 'stdout',
            level: 'info',
            message: 'x'.repeat(2000),
          },
        ])
        written += 1
      }
    }
    expect(fill).toThrow(
      expect.objectContaining({code: 'STORAGE_NOT_WRITABLE', message: `the disk is full: the database ${file} cannot grow`}),
    )
    expect(written).toBeGreaterThan(3)
    expect(db.prepare('SELECT count(*) AS n FROM log_lines').get()).toEqual({n: written})
    db.close()
  })

  test('a lock held too long is a storage error that does not speak of locks', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const holder = await openDatabase(file)
    holder.exec('BEGIN IMMEDIATE')
    const other = new BetterSqlite(file, {timeout: 0})
    let seen: unknown
    try {
      other.exec('BEGIN IMMEDIATE')
    } catch (error) {
      seen = error
    }
    expect(isBusy(seen)).toBe(true)
    expect(storageError(seen, file)).toMatchObject({
      code: 'STORAGE_BUSY',
      message: `the database ${file} has been in use by another process for too long`,
    })
    other.close()
    holder.close()
  })

  test('names the command that repairs a missing or foreign native part', () => {
    const missing = explainMissingBinding(new Error('Could not locate the bindings file. Tried:\n → …'), '/opt/tool')
    expect(missing).toMatchObject({code: 'STORAGE_UNREADABLE', hint: 'npm rebuild better-sqlite3 --prefix "/opt/tool"'})
    const other = Object.assign(new Error('was compiled against a different Node.js version using\nNODE_MODULE_VERSION 137'), {
      code: 'ERR_DLOPEN_FAILED',
    })
    expect(explainMissingBinding(other, '/opt/tool')?.message).toContain(process.version)
    expect(explainMissingBinding(new Error('disk I/O error'), '/opt/tool')).toBeUndefined()
  })
})
