// From a complete plan to what its run knows of secrets. Revealing a value is registering it for masking: there is no way around it.

import {peekKeyFile} from '../secrets/keys/key-file.ts'
import type {MasterKey} from '../secrets/keys/master-key.ts'
import type {SecretLookup} from '../secrets/secret-resolver.ts'
import {secretsInUse, type Plan} from '../engine/plan.ts'
import type {RunSecrets} from '../execution/task/run-secrets.ts'
import type {OutputSealer} from '../engine/sealed-output.ts'

export interface SecretSources {
  readonly store: SecretLookup & {
    openSealer(): Promise<OutputSealer | undefined>
    recordRead(names: readonly string[], run: string): Promise<void>
  }
  readonly keys: {find(): Promise<MasterKey | undefined>}
}

export interface RevealOptions {
  /** The run that reads them. */
  readonly runId: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly placeholder: string | undefined
  /** `<home>/secret.key` */
  readonly keyFile: string
  /** What the run that this one is made for knows: both hide what either knows. */
  readonly shared?: RunSecrets | undefined
  /** Called only for a workflow that declares secrets. */
  readonly open: () => Promise<SecretSources>
}

/**
 * Undefined when there is nothing to hide: the workflow declares no secrets, and no master key stands in the environment or in the key file.
 * Throws SECRETS_MISSING, SECRET_NOT_TEXT, and what the store throws.
 */
export async function revealSecrets(
  plan: Plan,
  {runId, env, placeholder, keyFile, shared, open}: RevealOptions,
): Promise<RunSecrets | undefined> {
  const {workflow} = plan
  // Any task may print them: the key file is as readable for a task as for this program.
  const masterKeys = [env['AUTOKESTRA_SECRET_KEY'], peekKeyFile(keyFile)].filter((key) => key !== undefined)
  if (workflow.secrets.length === 0 && masterKeys.length === 0) return shared && {...shared, values: new Map(), present: new Set()}
  // Where there is nothing to hide, neither is loaded.
  const [{SecretMasker}, {SecretResolver}] = await Promise.all([
    import('../masking/secret-masker.ts'),
    import('../secrets/secret-resolver.ts'),
  ])
  const masker = shared?.masker ?? new SecretMasker(placeholder === undefined ? {} : {placeholder})
  for (const key of masterKeys) masker.add(key)
  if (workflow.secrets.length === 0) return {values: new Map(), masker, sealer: shared?.sealer}

  const {store, keys} = await open()
  const resolver = new SecretResolver({
    store,
    env,
    onReveal: (value) => {
      masker.add(value)
    },
  })
  const used = secretsInUse(plan)
  const values = await resolver.resolve(workflow.secrets, used, workflow.optionalSecrets)
  const missing = new Set(resolver.findMissing(workflow.secrets))
  const present = new Set(workflow.secrets.filter((name) => !missing.has(name)))
  // A run that lives on environment variables alone asks for no key, also where there is a store.
  const stored = used.filter((name) => store.has(name))
  if (stored.length === 0) return {values, present, masker, sealer: shared?.sealer}
  await store.recordRead(stored, runId)
  const key = await keys.find()
  if (key !== undefined) masker.add(key.bytes)
  return {values, present, masker, sealer: await store.openSealer()}
}
