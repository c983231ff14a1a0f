// Whether a run would get its secrets: for a plan that is only looked at. Values are read as a run reads them, and kept by nobody.

import {secretsInUse, type Plan} from './plan.ts'
import type {RevealOptions} from './reveal-secrets.ts'

/** Throws what a run would throw: SECRETS_MISSING, SECRET_NOT_TEXT, and what the store throws. */
export async function requireSecrets({workflow, tasks}: Plan, {env, open}: Pick<RevealOptions, 'env' | 'open'>): Promise<void> {
  if (workflow.secrets.length === 0) return
  const {SecretResolver} = await import('../secrets/secret-resolver.ts')
  const {store} = await open()
  const resolver = new SecretResolver({store, env, onReveal: () => undefined})
  await resolver.resolve(workflow.secrets, secretsInUse(tasks))
}
