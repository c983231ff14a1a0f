// Puts together what a run or a command needs of stored secrets: the rows, the keys, the store.

import type {Config} from './config/config.ts'
import {runKeyCommand} from './runtimes/run-key-command.ts'
import {MasterKeyProvider} from './secrets/master-key.ts'
import {SecretStore} from './secrets/secret-store.ts'
import {SqliteSecretRows} from './storage/secret-rows.ts'

export interface Vault {
  readonly store: SecretStore
  readonly keys: MasterKeyProvider
  close(): void
}

/** No key is asked for before a value is needed. */
export async function openVault({databaseFile, keyFile}: Config, env: Readonly<Record<string, string | undefined>>): Promise<Vault> {
  const rows = await SqliteSecretRows.open(databaseFile)
  const keys = new MasterKeyProvider({env, keyFile, runCommand: (command) => runKeyCommand(command, env)})
  const store = new SecretStore({rows, keys, clock: {now: () => Date.now()}})
  return {
    store,
    keys,
    close: () => {
      rows.close()
    },
  }
}
