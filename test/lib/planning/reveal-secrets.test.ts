// What a run knows of secrets before it begins, and what is hidden from then on.

import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Plan} from '../../../src/lib/engine/plan.ts'
import {revealSecrets} from '../../../src/lib/planning/reveal-secrets.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Of a plan, what is read here. */
function planOf(...names: string[]): Plan {
  return {workflow: {secrets: names}, tasks: [{secrets: names}]} as unknown as Plan
}

const stored: ReadonlyMap<string, string> = new Map([['TOKEN', 's3cret-t0ken42']])

async function reveal(plan: Plan, env: Readonly<Record<string, string>> = {}) {
  const reads: string[] = []
  const secrets = await revealSecrets(plan, {
    runId: 'run-1',
    env,
    placeholder: undefined,
    keyFile: path.join(temporaryDir(), 'secret.key'),
    open: () =>
      Promise.resolve({
        store: {
          has: (name: string) => stored.has(name),
          getMany: (names: readonly string[]) =>
            Promise.resolve(new Map(names.filter((name) => stored.has(name)).map((name) => [name, Buffer.from(stored.get(name) ?? '')]))),
          openSealer: () => Promise.resolve(undefined),
          recordRead: (names: readonly string[], run: string) => {
            reads.push(`${names.join()} by ${run}`)
            return Promise.resolve()
          },
        },
        // As a command gives it, which leaves it neither in the environment nor in a file.
        keys: {find: () => Promise.resolve({bytes: Buffer.from('key-of-the-keyring'), source: {kind: 'command' as const}})},
      }),
  })
  return {secrets, reads, mask: (text: string) => secrets?.masker.mask(text)}
}

describe('revealSecrets', () => {
  it('hides the values and the master key that opened the store, wherever it came from', async () => {
    const {secrets, mask, reads} = await reveal(planOf('TOKEN'))
    expect(secrets?.values).toEqual(new Map([['TOKEN', 's3cret-t0ken42']]))
    expect(mask('s3cret-t0ken42, key-of-the-keyring')).toBe('***SECRET***, ***SECRET***')
    expect(reads).toEqual(['TOKEN by run-1'])
  })

  it('asks for no key when the values come from the environment', async () => {
    const {mask} = await reveal(planOf('OTHER'), {OTHER: 'from-the-environment', AUTOKESTRA_SECRET_KEY: 'key-of-the-environment'})
    expect(mask('from-the-environment, key-of-the-environment, key-of-the-keyring')).toBe('***SECRET***, ***SECRET***, key-of-the-keyring')
  })

  it('knows nothing where there is nothing to hide', async () => {
    expect((await reveal(planOf())).secrets).toBeUndefined()
  })
})
