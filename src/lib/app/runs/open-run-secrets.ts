// What a run has to do with secrets, with what seals its outputs: a key of the secret store, or one of its own.

import path from 'node:path'
import type {Variables} from '../../config/environment.ts'
import type {Home} from '../../config/home.ts'
import type {Plan} from '../../engine/plan.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import {revealSecrets, type SecretSources} from '../../planning/reveal-secrets.ts'

interface RunSecretsRequest {
  /** What it needs of the App. */
  readonly app: {
    readonly home: Home
    readonly vault: () => Promise<SecretSources>
    readonly options: {readonly environment: {readonly variables: Variables}}
  }
  readonly config: {readonly placeholder: string | undefined; readonly keyFile: string}
  readonly runId: string
  /** Of the run that this one is made for. */
  readonly shared: RunSecrets | undefined
  /** It makes a key of its own where there is no other. */
  readonly isResumable: boolean
}

export interface OpenRunSecrets {
  readonly secrets: RunSecrets | undefined
  /** The run has ended. */
  readonly finish: () => void
}

/** Throws SECRETS_MISSING, SECRET_NOT_TEXT, STORAGE_NOT_WRITABLE, and what the store throws. */
export async function openRunSecrets(plan: Plan, {app, config, runId, shared, isResumable}: RunSecretsRequest): Promise<OpenRunSecrets> {
  const {placeholder, keyFile} = config
  const {variables: env} = app.options.environment
  const revealed = await revealSecrets(plan, {runId, env, placeholder, keyFile, shared, open: app.vault})
  if (revealed === undefined) return {secrets: revealed, finish: () => undefined}
  // What a run shares with the one that it was made for is not its own fingerprint.
  if (revealed.values.size === 0) return {secrets: {...revealed, fingerprint: undefined}, finish: () => undefined}
  if (revealed.sealer === undefined && !isResumable) return {secrets: revealed, finish: () => undefined}
  const {fingerprintOf} = await import('../../secrets/secret-fingerprint.ts')
  const fingerprint = fingerprintOf(revealed.values)
  if (revealed.sealer !== undefined) return {secrets: {...revealed, fingerprint}, finish: () => undefined}
  const {makeRunKey, removeRunKey} = await import('../../secrets/keys/run-key.ts')
  const file = runKeyFile(app.home, runId)
  return {secrets: {...revealed, sealer: makeRunKey(file, runId), fingerprint}, finish: () => removeRunKey(file)}
}

/** Where the keys of runs are. It need not exist. @param home the directory */
export function runKeyDirectory(home: string): string {
  return path.join(home, 'run-keys')
}

/** Where the key of a run is, if it has one. */
export function runKeyFile({home}: Pick<Home, 'home'>, runId: string): string {
  return path.join(runKeyDirectory(home), `${runId}.key`)
}
