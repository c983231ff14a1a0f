// Names that a workflow declares -> their values: from the store, else from the environment variable of the same name. An empty variable is
// no value. A value is handed to `onReveal` before anything else sees it, so revealing it is registering it for masking.

import {WorkflowError} from '../errors/workflow-error.ts'
import {masterKeyVariables} from './keys/master-key.ts'
import {asArgument} from './formats/secret-name.ts'
import {decodeText} from './formats/secret-text.ts'

/** What is asked of the store. */
export interface SecretLookup {
  has(name: string): boolean
  /** Those that exist. */
  getMany(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>>
}

export interface SecretResolverOptions {
  readonly store: SecretLookup
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onReveal: (value: Buffer) => void
}

export class SecretResolver {
  readonly #options: SecretResolverOptions

  constructor(options: SecretResolverOptions) {
    this.#options = options
  }

  /** Names that are neither stored nor in the environment, in their order. Needs no key. */
  findMissing(names: readonly string[]): string[] {
    return names.filter((name) => !this.#options.store.has(name) && this.#variable(name) === undefined)
  }

  /**
   * The values of the `used` names. Throws SECRETS_MISSING with all `declared` names that have no value, whether they are used or not;
   * SECRET_NOT_TEXT; and what the store throws.
   * @param optional of the declared names: may have no value
   */
  async resolve(
    declared: readonly string[],
    used: readonly string[],
    optional: readonly string[] = [],
  ): Promise<ReadonlyMap<string, string>> {
    throwMissing(this.findMissing(declared).filter((name) => !optional.includes(name)))
    const {store, onReveal} = this.#options
    const stored = used.length === 0 ? new Map<string, Buffer>() : await store.getMany(used)
    const values = new Map<string, string>()
    for (const name of used) {
      const bytes = stored.get(name) ?? this.#variable(name)
      // Deleted in the meantime.
      if (bytes === undefined) throwMissing(optional.includes(name) ? [] : [name])
      else {
        onReveal(bytes)
        values.set(name, decode(name, bytes))
      }
    }
    return values
  }

  #variable(name: string): Buffer | undefined {
    const {env} = this.#options
    const value = Object.hasOwn(env, name) && !masterKeyVariables.has(name) ? env[name] : undefined
    return value === undefined || value === '' ? undefined : Buffer.from(value)
  }
}

function decode(name: string, bytes: Buffer): string {
  const text = decodeText(bytes)
  if (text !== undefined) return text
  throw new WorkflowError('SECRET_NOT_TEXT', `Secret '${name}' is not UTF-8 text, and templates can read only text`, {
    hint: 'store it as base64, and let the task decode it',
  })
}

function throwMissing(names: readonly string[]): void {
  if (names.length === 0) return
  const commands = names.map((name) => `workflow secrets set ${asArgument(name)}`).join('; ')
  const variables = names.length === 1 ? 'an environment variable of that name' : 'environment variables of these names'
  throw new WorkflowError('SECRETS_MISSING', `Missing secrets: ${names.join(', ')}`, {
    hint: `store ${names.length === 1 ? 'it' : 'them'}: ${commands}; or set ${variables}`,
  })
}
