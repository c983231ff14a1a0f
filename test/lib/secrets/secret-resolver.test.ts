// From the names a workflow declares to their values: the store first, then the environment, and all or nothing.

import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {SecretResolver, type SecretLookup} from '../../../src/lib/secrets/secret-resolver.ts'

interface Rig {
  readonly resolver: SecretResolver
  readonly revealed: string[]
  /** Names whose values the store was asked for, one entry per question. */
  readonly asked: string[][]
}

function rig(stored: Readonly<Record<string, string | Buffer>>, env: Readonly<Record<string, string | undefined>> = {}): Rig {
  const revealed: string[] = []
  const asked: string[][] = []
  const store: SecretLookup = {
    has: (name) => Object.hasOwn(stored, name),
    getMany: (names) => {
      asked.push([...names])
      return Promise.resolve(
        new Map(names.filter((name) => Object.hasOwn(stored, name)).map((name) => [name, Buffer.from(stored[name] ?? '')])),
      )
    },
  }
  return {revealed, asked, resolver: new SecretResolver({store, env, onReveal: (value) => revealed.push(value.toString())})}
}

async function failure(promise: Promise<unknown>): Promise<WorkflowError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof WorkflowError) return error
  throw new Error(`expected a WorkflowError, got ${String(error)}`)
}

describe('SecretResolver', () => {
  it('takes the store before the environment, and the environment for what is not stored', async () => {
    const {resolver, revealed} = rig({A: 'stored-a'}, {A: 'env-a', B: 'env-b'})
    expect(await resolver.resolve(['A', 'B'], ['A', 'B'])).toEqual(
      new Map([
        ['A', 'stored-a'],
        ['B', 'env-b'],
      ]),
    )
    expect(revealed).toEqual(['stored-a', 'env-b'])
  })

  it('never looks at what is not declared or not used', async () => {
    const {resolver, revealed, asked} = rig({A: 'a', B: 'b', C: 'c'}, {D: 'd'})
    expect(await resolver.resolve(['A', 'B'], ['B'])).toEqual(new Map([['B', 'b']]))
    expect([revealed, asked]).toEqual([['b'], [['B']]])
  })

  it('asks for no value when none is used', async () => {
    const {resolver, asked} = rig({A: 'a'})
    expect(await resolver.resolve(['A'], [])).toEqual(new Map())
    expect(asked).toEqual([])
  })

  it('names all that are missing in one error, in the order of the list, with the commands to type', async () => {
    const {resolver, revealed, asked} = rig({KEY1: 'x'})
    const {code, exitCode, message, hint} = await failure(resolver.resolve(['KEY1', 'KEY2', 'KEY3'], ['KEY1']))
    expect({code, exitCode, message}).toEqual({code: 'SECRETS_MISSING', exitCode: 4, message: 'Missing secrets: KEY2, KEY3'})
    expect(hint).toBe('store them: workflow secrets set KEY2; workflow secrets set KEY3; or set environment variables of these names')
    expect([revealed, asked]).toEqual([[], []])
  })

  it('writes a command that works for a name like an option', async () => {
    const {message, hint} = await failure(rig({}).resolver.resolve(['-rf'], []))
    expect(message).toBe('Missing secrets: -rf')
    expect(hint).toBe('store it: workflow secrets set -- -rf; or set an environment variable of that name')
  })

  it.each([
    ['an empty variable', {A: ''}],
    ['an unset variable', {A: undefined}],
    ['a name that only objects have', {}],
  ])('takes %s for no value', (_what, env) => {
    expect(rig({}, env).resolver.findMissing(['A', 'constructor', '__proto__'])).toEqual(['A', 'constructor', '__proto__'])
  })

  it.each(['AUTOKESTRA_SECRET_KEY', 'AUTOKESTRA_SECRET_KEY_CMD', 'AUTOKESTRA_NEW_SECRET_KEY'])(
    'never takes %s out of the environment: a task must not be given the master key',
    async (name) => {
      const {resolver} = rig({}, {[name]: 'the-master-key'})
      expect((await failure(resolver.resolve([name], [name]))).message).toBe(`Missing secrets: ${name}`)
    },
  )

  it('takes names of objects for names like all others', async () => {
    const {resolver} = rig(
      {},
      Object.fromEntries([
        ['__proto__', 'proto-value'],
        ['constructor', 'constructor-value'],
      ]),
    )
    const values = await resolver.resolve(['__proto__', 'constructor'], ['__proto__', 'constructor'])
    expect([...values]).toEqual([
      ['__proto__', 'proto-value'],
      ['constructor', 'constructor-value'],
    ])
  })

  it('keeps every character of a text', async () => {
    const text = '\uFEFF a\r\n\tb é 👍 {{ secrets.A }} $& \n'
    expect((await rig({A: text}).resolver.resolve(['A'], ['A'])).get('A')).toBe(text)
  })

  it('refuses a value that is not text, by name only, after it was made known for masking', async () => {
    const {resolver, revealed} = rig({A: Buffer.from([0x68, 0x69, 0xff])})
    const error = await failure(resolver.resolve(['A'], ['A']))
    expect({code: error.code, exitCode: error.exitCode}).toEqual({code: 'SECRET_NOT_TEXT', exitCode: 4})
    expect(error.message).toContain("'A'")
    expect(`${error.message}${String(error.hint)}${String(error.cause)}`).not.toContain('hi\uFFFD')
    expect(revealed).toHaveLength(1)
  })

  it('reports a secret as missing that is deleted while it is read', async () => {
    const store: SecretLookup = {has: () => true, getMany: () => Promise.resolve(new Map())}
    const resolver = new SecretResolver({store, env: {}, onReveal: () => undefined})
    expect((await failure(resolver.resolve(['A'], ['A']))).message).toBe('Missing secrets: A')
  })
})
