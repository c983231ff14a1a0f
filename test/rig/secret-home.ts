// A secret store on a home, wired as the program does it. Knows nothing of the test runner, so that scripts can use it too.

import path from 'node:path'
import {MasterKeyProvider} from '../../src/lib/secrets/master-key.ts'
import {SecretStore} from '../../src/lib/secrets/secret-store.ts'
import {SqliteSecretRows} from '../../src/lib/storage/secret-rows.ts'

export interface OpenedStore {
  readonly store: SecretStore
  readonly rows: SqliteSecretRows
  readonly keys: MasterKeyProvider
  /** Milliseconds since 1970; the test moves it. */
  readonly clock: {time: number}
  readonly close: () => void
}

export const databaseOf = (home: string): string => path.join(home, 'autokestra.db')

export const keyFileOf = (home: string): string => path.join(home, 'secret.key')

/** The fewest iterations that a store may have: tests that open one very often rotate it to them first. */
export const quickIterations = 100_000

export async function openStore(home: string, env: Readonly<Record<string, string>> = {}): Promise<OpenedStore> {
  const rows = await SqliteSecretRows.open(databaseOf(home))
  const keys = new MasterKeyProvider({env, keyFile: keyFileOf(home), runCommand: () => Promise.reject(new Error('no command here'))})
  const clock = {time: Date.UTC(2026, 0, 1)}
  const store = new SecretStore({rows, keys, clock: {now: () => clock.time}})
  return {
    store,
    rows,
    keys,
    clock,
    close: () => {
      rows.close()
    },
  }
}
