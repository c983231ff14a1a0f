// What somebody typed beside `secrets` may be a value: none of it is printed back.

import {describe, expect, it} from 'vitest'
import {checkSecretName} from '../../src/lib/secrets/formats/secret-name.ts'
import {unknownCommand} from '../../src/cli/unknown-command.ts'
import {openStore} from '../rig/secret-home.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'

const config = {
  bin: 'workflow',
  commandIDs: ['run', 'secrets:set', 'secrets:get', 'secrets:list', 'secrets:delete', 'secrets:verify'],
  topics: [],
} as unknown as Parameters<typeof unknownCommand>[1]
const value = 'h0nter2-value'

function shown(error: unknown): string {
  if (!(error instanceof Error)) throw new Error('an error was expected')
  return `${error.message} ${'hint' in error ? String(error.hint) : ''}`
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return shown(
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
}

describe('words of a command that does not exist', () => {
  it.each([
    ['set', 'Z', value],
    ['secrets', value],
    ['secret', 'set', 'Z', value],
    ['secrets', 'list', value],
    ['secrets', 'rm', value],
    ['add', `TOKEN=${value}`],
    ['TOKEN=' + value],
  ])('%s %s %s', (...words) => {
    expect(shown(unknownCommand(words.filter(Boolean), config))).not.toContain(value)
  })

  it('names what is meant', () => {
    expect(unknownCommand(['secrets', 'rm', 'A'], config)).toMatchObject({hint: expect.stringContaining('`workflow secrets delete`')})
    expect(unknownCommand(['set', 'A', value], config)).toMatchObject({hint: expect.stringContaining('`workflow secrets set`')})
    expect(unknownCommand(['secrets', 'list', 'extra'], config).message).toBe(
      'unexpected argument; it is not shown here, as it may be a value',
    )
    expect(unknownCommand(['rn', 'a.yaml'], config)).toMatchObject({hint: expect.stringContaining('workflow run')})
  })
})

describe('names that are none', () => {
  it.each([`TOKEN=${value}`, `${value}!`, `${value} `, value.repeat(30)])('%j is not quoted', (name) => {
    let error: unknown
    try {
      checkSecretName(name)
    } catch (thrown) {
      error = thrown
    }
    expect(shown(error)).not.toContain(value)
    expect(shown(error)).toContain('alphanumeric')
  })
})

describe('a value in the place of a name', () => {
  it('is not quoted when it is stored, and not taken for a name when the name follows it', async () => {
    const {store, close} = await openStore(temporaryDir())
    await store.set('TOKEN', Buffer.from(value))
    expect(await refusal(store.get(value))).not.toContain(value)
    expect(await refusal(store.delete(value))).not.toContain(value)
    expect(await refusal(store.requireStored(value))).not.toContain(value)
    expect(await refusal(store.get('NOPE'))).toContain("'NOPE' not found")
    for (const name of ['TOKEN', 'OTHER_TOKEN'])
      expect(await refusal(store.refuseSwapped(value, name))).toMatch(/^name and value seem to be swapped/)
    for (const [name, given] of [
      ['TOKEN', 'TOKEN'],
      ['OTHER', value],
      ['db-password', 'ADMIN'],
    ] as const)
      await store.refuseSwapped(name, given)
    close()
  })
})
