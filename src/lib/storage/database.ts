// Opens the one database file. The opener closes it; several processes may have it open at once.

import {chmodSync, closeSync, fchmodSync, openSync, statSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {WorkflowError} from '../errors/workflow-error.ts'
import {ensurePrivateDir} from '../files/ensure-directory.ts'
import {hasErrorCode} from '../util/error-code.ts'
import {loadSqlite, type SqliteDatabase} from './load-sqlite.ts'
import {migrate, readSchemaState} from './migrate.ts'
import {damaged, isBusy, storageError} from './sqlite-error.ts'

interface OpenOptions {
  /** Only looks; the file must be there. Default false. */
  readonly readonly?: boolean
  /** Holds secrets: what is written waits for the disk, and what is deleted is overwritten with zeros. Default false. */
  readonly isVault?: boolean
}

/** How long one statement waits for another process. Transactions here last milliseconds, so this is met only when something is wrong. */
const busyTimeoutMs = 20_000

/** WAL is copied into the database every so many pages (16 MB), and only then is the disk waited for. */
const checkpointPages = 4000

/**
 * Opens `file`, makes it (0600, its directory 0700) and brings its schema up to date as needed. `:memory:` is a private database in memory.
 * Rejects with STORAGE_UNREADABLE, STORAGE_NOT_WRITABLE, STORAGE_NEWER (the file is not touched) or STORAGE_BUSY.
 */
export async function openDatabase(file: string, options: OpenOptions = {}): Promise<SqliteDatabase> {
  const isReadonly = options.readonly ?? false
  try {
    if (file !== ':memory:') checkFile(file, isReadonly)
    const openSqlite = await loadSqlite()
    const open = (readonly: boolean): SqliteDatabase => openSqlite(file, {readonly, fileMustExist: readonly, timeout: busyTimeoutMs})
    const db = open(isReadonly)
    try {
      const state = await whenFree(() => configure(db, file, options))
      if (state === 'outdated' && !isReadonly) await bringUpToDate(db, file)
      if (state === 'ready' || !isReadonly) return db
    } catch (error) {
      db.close()
      throw error
    }
    // Older than this program, and this connection may not change it: bring it up to date first.
    db.close()
    const writable = await openDatabase(file)
    writable.close()
    return open(true)
  } catch (error) {
    throw storageError(error, file)
  }
}

/** Whether anything stands at the path. Throws STORAGE_UNREADABLE when it cannot be reached, which is not the same as a database that is not there yet. */
export function hasDatabase(file: string): boolean {
  try {
    statSync(file)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw storageError(error, file)
  }
}

/** SQLite gives -wal and -shm the permissions of the database file, whatever the umask, so it is enough that this one is right from the start. */
function checkFile(file: string, isReadonly: boolean): void {
  if (!isReadonly) ensurePrivateDir(path.dirname(file))
  const found = statSync(file, {throwIfNoEntry: false})
  // Opening a pipe or a device would hang, and opening a database twice in one process would drop its locks: so the path is looked at, not opened.
  if (found !== undefined && !found.isFile()) {
    throw new WorkflowError(
      'STORAGE_UNREADABLE',
      `${file} is ${found.isDirectory() ? 'a directory, not a database' : 'not a regular file'}`,
      {
        hint: 'move it away, or set AUTOKESTRA_HOME to a directory of your own',
      },
    )
  }
  if (isReadonly) return
  if (found === undefined) createPrivately(file)
  else if ((found.mode & 0o077) !== 0 && found.uid === process.getuid?.()) chmodSync(file, 0o600)
}

function createPrivately(file: string): void {
  try {
    const descriptor = openSync(file, 'wx', 0o600)
    // A umask can only take bits away; this gives the owner's back.
    fchmodSync(descriptor, 0o600)
    closeSync(descriptor)
  } catch (error) {
    // Another process made it in the meantime: just as good.
    if (!hasErrorCode(error, 'EEXIST')) throw error
  }
}

function configure(db: SqliteDatabase, file: string, {readonly: isReadonly = false, isVault = false}: OpenOptions): 'ready' | 'outdated' {
  // Looked at before anything is written: not even the journal mode of a newer database may be changed.
  const state = readSchemaState(db)
  if (state === 'newer') {
    throw new WorkflowError('STORAGE_NEWER', `the database ${file} was created by a newer version of this program`, {
      hint: 'npm install -g autokestra@latest',
    })
  }
  if (state === 'damaged') throw damaged(file)
  if (state === 'foreign') {
    throw new WorkflowError('STORAGE_UNREADABLE', `${file} is the database of another program`, {
      hint: 'move it away, or set AUTOKESTRA_HOME to a directory of your own',
    })
  }
  db.pragma('foreign_keys = ON')
  // In KiB. better-sqlite3 is built with 16 MB, which one loud task would fill; what is appended and read in order needs none of it.
  db.pragma('cache_size = -2000')
  const next = state === 'current' ? 'ready' : 'outdated'
  if (isReadonly) return next
  // Only a database without tables takes it: the space of deleted runs can then be given back a few pages at a time. It costs nothing that can be measured.
  if (next === 'outdated') db.pragma('auto_vacuum = INCREMENTAL')
  if (db.pragma('journal_mode', {simple: true}) !== 'wal') db.pragma('journal_mode = WAL')
  // In WAL mode NORMAL loses nothing when the process dies, also by kill -9: committed pages are with the kernel. Only a power failure
  // can take the last transactions, and never the order. FULL waits for the disk once per transaction: right for a secret, too much for an event.
  db.pragma(`synchronous = ${isVault ? 'FULL' : 'NORMAL'}`)
  if (isVault) db.pragma('secure_delete = ON')
  db.pragma(`wal_autocheckpoint = ${String(checkpointPages)}`)
  return next
}

async function bringUpToDate(db: SqliteDatabase, file: string): Promise<void> {
  if (db.pragma('user_version', {simple: true}) !== 0) {
    const {backUp} = await import('./back-up.ts')
    await whenFree(() => {
      backUp(db, file, createPrivately)
    })
  }
  await whenFree(() => {
    migrate(db)
  })
}

/** SQLite does not wait by itself everywhere: switching to WAL and recovering after a crash answer "busy" at once. */
async function whenFree<T>(action: () => T): Promise<T> {
  const deadline = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      return action()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    await sleep(5 + Math.random() * 20)
  }
}
