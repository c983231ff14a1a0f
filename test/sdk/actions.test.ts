import {ActionError, defineAction, defineActions, type FromSchema, type JsonObject} from '@autokestra/plugin-sdk'
import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, expectTypeOf, it} from 'vitest'

describe('defineAction', () => {
  it('gives back what it is given', () => {
    const definition = {execute: () => 1}
    expect(defineAction(definition)).toBe(definition)
  })

  it('refuses what cannot be called', () => {
    expect(() => defineAction({} as {execute(): unknown})).toThrow('needs an object with a function execute')
    expect(() => defineActions({run: {execute: () => 1}, broken: 1 as unknown as {execute(): unknown}})).toThrow(
      "'broken' is not an action",
    )
  })

  it('types the input and the output by their schemas', () => {
    const action = defineAction({
      input: {
        type: 'object',
        required: ['name', 'tags'],
        properties: {
          name: {type: 'string'},
          tags: {type: 'array', items: {type: 'string'}},
          size: {type: ['integer', 'null']},
          level: {enum: ['low', 'high']},
          extra: {},
        },
      },
      output: {type: 'object', required: ['ok'], properties: {ok: {type: 'boolean'}}},
      execute(input, context) {
        expectTypeOf(input).toEqualTypeOf<{name: string; tags: string[]; size?: number | null; level?: 'low' | 'high'; extra?: unknown}>()
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
        return {ok: input.tags.length > 0}
      },
    })
    expectTypeOf<Parameters<(typeof action)['execute']>[0]>().toExtend<{name: string}>()
    expect(action.input).toBeDefined()
  })

  it('types them by what execute says when there are no schemas', () => {
    const typed = defineAction({execute: (input: {n: number}) => Promise.resolve({twice: input.n * 2})})
    expect(typed).toHaveProperty('execute')
    expectTypeOf<Parameters<(typeof typed)['execute']>[0]>().toEqualTypeOf<{n: number}>()
    const free = defineAction({execute: (input) => input})
    expect(free).toHaveProperty('execute')
    expectTypeOf<Parameters<(typeof free)['execute']>[0]>().toEqualTypeOf<JsonObject>()
    expectTypeOf<FromSchema<{type: 'object'; properties: {a: {const: 1}}}>>().toEqualTypeOf<{a?: 1}>()
  })
})

describe('ActionError', () => {
  it('carries its code, and is worth another try unless it says otherwise', () => {
    expect(new ActionError('A_1', 'text')).toMatchObject({name: 'ActionError', code: 'A_1', message: 'text', retryable: true})
    expect(new ActionError('A', 'text', {retryable: false, cause: 7})).toMatchObject({retryable: false, cause: 7})
  })

  it.each(['lower', '', '1A', 'WITH SPACE', 'A-B', 'A\n'])('refuses the code %j', (code) => {
    expect(() => new ActionError(code, 'text')).toThrow(TypeError)
  })
})

describe('runAction', () => {
  it('gives the output as a workflow sees it, the log and the progress', async () => {
    const action = defineAction({
      execute(input: {at: Date}, context) {
        context.log.debug('d', {n: 1})
        context.log.error('e')
        context.progress(0.5)
        context.progress(-3, 'start')
        return {at: input.at, gone: undefined}
      },
    })
    const {output, logs, progress} = await runAction(action, {at: new Date(0)})
    expect(output).toEqual({at: '1970-01-01T00:00:00.000Z'})
    expect(logs).toEqual([
      {level: 'debug', message: 'd', fields: {n: 1}},
      {level: 'error', message: 'e'},
    ])
    expect(progress).toEqual([{fraction: 0.5}, {fraction: 0, message: 'start'}])
  })

  it('rejects with what the action throws, and for an output that is no JSON', async () => {
    const failure = new ActionError('MINE', 'no')
    await expect(runAction({execute: () => Promise.reject(failure)}, {})).rejects.toBe(failure)
    await expect(
      runAction(
        {
          execute: () => {
            throw failure
          },
        },
        {},
      ),
    ).rejects.toBe(failure)
    await expect(runAction({execute: () => new Map()}, {})).rejects.toThrow('output is a Map')
  })

  it('takes a signal, a fetch and who runs it', async () => {
    const controller = new AbortController()
    const seen: unknown[] = []
    const fetch: typeof globalThis.fetch = (address, init) => {
      seen.push(address, init?.method, init?.signal?.aborted)
      return Promise.resolve(new Response('ok'))
    }
    const action = defineAction({
      async execute(_input, context) {
        const own = new AbortController()
        await context.fetch('http://a', {method: 'PUT', signal: own.signal})
        controller.abort()
        await context.fetch('http://b', {signal: own.signal})
        return [context.signal.aborted, context.run.attempt, context.run.task]
      },
    })
    const {output} = await runAction(action, {}, {signal: controller.signal, fetch, run: {attempt: 3}})
    expect(output).toEqual([true, 3, 'test'])
    expect(seen).toEqual(['http://a', 'PUT', false, 'http://b', undefined, true])
  })

  it('does not let an action change whose run it is', async () => {
    const action = defineAction({execute: (_input, context) => Reflect.set(context.run, 'attempt', 9)})
    expect((await runAction(action, {})).output).toBe(false)
  })
})
