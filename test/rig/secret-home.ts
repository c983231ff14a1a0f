// A secret store on a home, wired as the program does it. Knows nothing of the test runner, so that scripts can use it too.

import path from 'node:path'
import {AnchorFile} from '../../src/lib/secrets/store/anchor-file.ts'
import type {DerivedKeys} from '../../src/lib/secrets/keys/derived-keys.ts'
import {pbkdf2Kdf} from '../../src/lib/secrets/keys/key-derivation.ts'
import {MasterKeyProvider} from '../../src/lib/secrets/keys/master-key.ts'
import {SecretStore} from '../../src/lib/secrets/store/secret-store.ts'
import {SqliteSecretRows} from '../../src/lib/storage/secret-rows.ts'

export interface OpenedStore {
  readonly store: SecretStore
  readonly rows: SqliteSecretRows
  readonly keys: MasterKeyProvider
  readonly anchor: AnchorFile
  /** Milliseconds since 1970; the test moves it. */
  readonly clock: {time: number}
  readonly close: () => void
}

export const databaseOf = (home: string): string => path.join(home, 'autokestra.db')

export const keyFileOf = (home: string): string => path.join(home, 'secret.key')

export const anchorFileOf = (home: string): string => path.join(home, 'secret.anchor')

/** The fewest iterations that a store may have. */
export const quickIterations = 100_000

interface OpenOptions {
  /** How the key of a new store is derived. By default with the fewest iterations: what tests of anything else wait for is the derivation. */
  readonly kdf?: string | undefined
  /** Keys that were derived before: for tests that open copies of one home again and again. */
  readonly derived?: DerivedKeys | undefined
}

export async function openStore(
  home: string,
  env: Readonly<Record<string, string>> = {},
  {kdf = pbkdf2Kdf(quickIterations), derived}: OpenOptions = {},
): Promise<OpenedStore> {
  const rows = await SqliteSecretRows.open(databaseOf(home))
  const keys = new MasterKeyProvider({
    env,
    keyFile: keyFileOf(home),
    runCommand: () => Promise.reject(new Error('no command here')),
    derived,
  })
  const clock = {time: Date.UTC(2026, 0, 1)}
  const anchor = new AnchorFile(anchorFileOf(home))
  const store = new SecretStore({
    rows,
    keys,
    anchor,
    clock: {now: () => clock.time},
    actor: {user: 'tester', command: 'secrets set'},
    kdf,
  })
  return {
    store,
    rows,
    keys,
    anchor,
    clock,
    close: () => {
      rows.close()
    },
  }
}
