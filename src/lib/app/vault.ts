// Puts together what a run or a command needs of stored secrets: the rows, the keys, the store.

import {userInfo} from 'node:os'
import type {Home} from '../config/home.ts'
import {runKeyCommand} from '../processes/run-key-command.ts'
import {AnchorFile} from '../secrets/store/anchor-file.ts'
import {isStrongKey, weakKeyWarning} from '../secrets/keys/key-strength.ts'
import {MasterKeyProvider} from '../secrets/keys/master-key.ts'
import {SecretStore} from '../secrets/store/secret-store.ts'
import {SqliteSecretRows} from '../storage/secret-rows.ts'

export interface Vault {
  readonly store: SecretStore
  readonly keys: MasterKeyProvider
  close(): Promise<void>
}

interface VaultOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The command that is at work, for the audit log. */
  readonly command: string
  readonly warn: (text: string) => void
}

/** No key is asked for before a value is needed. */
export async function openVault({databaseFile, keyFile, anchorFile}: Home, {env, command, warn}: VaultOptions): Promise<Vault> {
  const rows = await SqliteSecretRows.open(databaseFile)
  const keys = new MasterKeyProvider({env, keyFile, runCommand: (keyCommand) => runKeyCommand(keyCommand, env)})
  const store = new SecretStore({
    rows,
    keys,
    anchor: new AnchorFile(anchorFile),
    clock: {now: () => Date.now()},
    actor: {user: userName(), command},
    onOpened: ({bytes, source}) => {
      if (!isStrongKey(bytes)) warn(`${weakKeyWarning(source)}\n`)
    },
  })
  return {
    store,
    keys,
    close: async () => {
      await store.close()
      rows.close()
    },
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // In a container, a user may have a number and no name.
    return String(process.getuid?.() ?? 'unknown')
  }
}
