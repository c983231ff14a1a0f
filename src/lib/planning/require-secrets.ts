// Whether a run would find its secrets: for a plan that is only looked at. Needs no key, and reads no value.

import type {Plan} from '../engine/plan.ts'
import type {RevealOptions} from './reveal-secrets.ts'

/** Throws SECRETS_MISSING as a run would, and what opening the store throws. */
export async function requireSecrets({workflow}: Plan, {env, open}: Pick<RevealOptions, 'env' | 'open'>): Promise<void> {
  if (workflow.secrets.length === 0) return
  const {SecretResolver} = await import('../secrets/secret-resolver.ts')
  const {store} = await open()
  const resolver = new SecretResolver({store, env, onReveal: () => undefined})
  await resolver.resolve(workflow.secrets, [], workflow.optionalSecrets)
}
