// Loads better-sqlite3, whose native part may be missing on a machine that could neither download nor compile it.

import {createRequire} from 'node:module'
import path from 'node:path'
import type BetterSqlite from 'better-sqlite3'
import {WorkflowError} from '../errors/workflow-error.ts'

export type SqliteDatabase = BetterSqlite.Database

/** A file, or the bytes of one. */
type OpenSqlite = (file: string | Buffer, options: BetterSqlite.Options) => SqliteDatabase

/** Resolves with what opens a database. Opening throws STORAGE_UNREADABLE with the command that repairs the installation when the native part is missing. */
export async function loadSqlite(): Promise<OpenSqlite> {
  const {default: Sqlite} = await import('better-sqlite3')
  const require = createRequire(import.meta.url)
  const nativeBinding = findNativeBinding(require)
  return (file, options) => {
    try {
      return new Sqlite(file, nativeBinding === undefined ? options : {...options, nativeBinding})
    } catch (error) {
      throw explainMissingBinding(error, packageRoot(require)) ?? error
    }
  }
}

/** The usual path of the native part. better-sqlite3's own search costs 2 ms, so it is left for the unusual ones. */
function findNativeBinding(require: NodeJS.Require): string | undefined {
  try {
    return require.resolve('better-sqlite3/build/Release/better_sqlite3.node')
  } catch {
    // Not there: better-sqlite3 looks elsewhere itself, and says so when it finds nothing.
    return undefined
  }
}

/** Undefined when the error is about something else. */
export function explainMissingBinding(error: unknown, root: string): WorkflowError | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  const isMissing =
    code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND' || error.message.startsWith('Could not locate the bindings file')
  if (!isMissing) return undefined
  const isOtherNode = error.message.includes('NODE_MODULE_VERSION')
  return new WorkflowError(
    'STORAGE_UNREADABLE',
    isOtherNode
      ? `the native part of better-sqlite3 was built for a different version of Node.js than this one (${process.version})`
      : 'the native part of better-sqlite3 is missing: it was neither downloaded nor compiled at installation',
    {hint: `npm rebuild better-sqlite3 --prefix ${JSON.stringify(root)}`, cause: error},
  )
}

/** The directory whose `node_modules` holds better-sqlite3. */
function packageRoot(require: NodeJS.Require): string {
  try {
    return path.resolve(path.dirname(require.resolve('better-sqlite3/package.json')), '..', '..')
  } catch {
    // Not installed at all: the current directory is the best that can be said.
    return '.'
  }
}
