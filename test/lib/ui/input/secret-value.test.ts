import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {PassThrough} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {readEnvironment} from '../../../../src/lib/config/environment.ts'
import {describeNextStep, readNewMasterKey} from '../../../../src/lib/ui/input/new-master-key.ts'
import {createPrompt} from '../../../../src/lib/ui/input/prompt.ts'
import {readSecretValue, type ValueInputs, type ValueRequest} from '../../../../src/lib/ui/input/secret-value.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

/** Answers as somebody at a terminal would; without an answer there is no terminal. */
function inputs(options: {stdin?: string | Buffer; answer?: string} = {}): ValueInputs & {questions: string[]} {
  const questions: string[] = []
  return {
    questions,
    prompt: {
      isAvailable: (noInput) => !noInput && options.answer !== undefined,
      whyNot: (noInput) => (noInput ? 'because of --no-input' : 'no terminal'),
      secret: (question, {confirm} = {}) => {
        questions.push(question, ...(confirm === undefined ? [] : [confirm]))
        return Promise.resolve(options.answer ?? '')
      },
      line: () => Promise.reject(new Error('no line is asked for')),
      confirm: () => Promise.reject(new Error('nothing is to be confirmed')),
    },
    readStdinBytes: (maxBytes) => Promise.resolve(Buffer.from(options.stdin ?? '').subarray(0, maxBytes + 1)),
  }
}

async function read(request: Partial<ValueRequest>, options: Parameters<typeof inputs>[0] = {}): Promise<string> {
  const value = await readSecretValue({name: 'A', isStdin: false, isRaw: false, noInput: false, ...request}, inputs(options))
  return Buffer.from(value).toString('latin1')
}

describe('the value of a secret', () => {
  it.each([
    ['v', 'v'],
    ['v\n', 'v'],
    ['v\r\n', 'v'],
    ['v\n\n', 'v\n'],
    ['v\r', 'v\r'],
    ['\nv ', '\nv '],
    ['\n\n', '\n'],
    ['\ufeffv\0', '\u00ef\u00bb\u00bfv\0'],
  ])('from standard input, %j, is without one line end', async (stdin, value) => {
    expect(await read({isStdin: true}, {stdin})).toBe(value)
    expect(await read({value: '-'}, {stdin})).toBe(value)
    expect(await read({value: '-', isStdin: true}, {stdin})).toBe(value)
    expect(await read({isStdin: true, isRaw: true}, {stdin: 'v\r\n'})).toBe('v\r\n')
  })

  it('from a file is its bytes', async () => {
    const file = path.join(temporaryDir(), 'f')
    const bytes = Buffer.from(Array.from({length: 256}, (_, byte) => byte))
    writeFileSync(file, Buffer.concat([bytes, Buffer.from('\r\n')]))
    expect(await read({file})).toBe(`${bytes.toString('latin1')}\r\n`)
  })

  it('is asked for, twice, when nothing else is given and somebody is there', async () => {
    const terminal = inputs({answer: 'typed\t'})
    const value = await readSecretValue({name: 'A', isStdin: false, isRaw: false, noInput: false}, terminal)
    expect(Buffer.from(value).toString()).toBe('typed\t')
    expect(terminal.questions).toEqual(['Value of A:', 'Value of A again:'])
  })

  it('is asked for where standard input is a terminal, which would show it', async () => {
    for (const request of [{isStdin: true}, {value: '-'}]) expect(await read(request, {stdin: 'shown', answer: 'typed'})).toBe('typed')
    expect(await read({isStdin: true, noInput: true}, {stdin: 'shown', answer: 'typed'})).toBe('shown')
  })

  it.each([
    [{}, {}, 'USAGE', /no terminal/],
    [{noInput: true}, {answer: 'x'}, 'USAGE', /because of --no-input/],
    [{value: 'x', isStdin: true}, {stdin: 'x'}, 'USAGE', /more than once/],
    [{value: 'x', file: 'f'}, {}, 'USAGE', /more than once/],
    [{value: '-', file: 'f'}, {}, 'USAGE', /more than once/],
    [{value: 'x', isRaw: true}, {}, 'USAGE', /--raw/],
    [{isRaw: true}, {answer: 'x'}, 'USAGE', /--raw/],
    [{value: ''}, {}, 'SECRET_VALUE_INVALID', /^Secret value cannot be empty$/],
    [{isStdin: true}, {stdin: ''}, 'SECRET_VALUE_INVALID', /^Secret value cannot be empty$/],
    [{isStdin: true}, {stdin: '\r\n'}, 'SECRET_VALUE_INVALID', /^Secret value cannot be empty$/],
    [{}, {answer: ''}, 'SECRET_VALUE_INVALID', /^Secret value cannot be empty$/],
    [{file: '/dev/null'}, {}, 'SECRET_VALUE_INVALID', /^Secret value cannot be empty$/],
    [{isStdin: true}, {stdin: Buffer.alloc(1_048_577, 'x')}, 'SECRET_VALUE_INVALID', /1 MB/],
    [{file: '/dev/zero'}, {}, 'SECRET_VALUE_INVALID', /1 MB/],
    [{file: '/nowhere/f'}, {}, 'DOCUMENT_UNREADABLE', /does not exist/],
    [{file: '/tmp'}, {}, 'DOCUMENT_UNREADABLE', /directory/],
    [{name: 'A\n', value: 'x'}, {}, 'SECRET_NAME_INVALID', /alphanumeric/],
    [{name: 'é'}, {answer: 'never asked'}, 'SECRET_NAME_INVALID', /alphanumeric/],
  ])('is refused: %j', async (request, options, code, message) => {
    await expect(read(request, options)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  })

  it('may be exactly 1 MB, and a line end', async () => {
    expect(await read({isStdin: true}, {stdin: `${'x'.repeat(1_048_576)}\r\n`})).toHaveLength(1_048_576)
  })
})

describe('a new master key', () => {
  const ask = (
    env: Record<string, string>,
    request: Partial<{isStdin: boolean; noInput: boolean}> = {},
    options: Parameters<typeof inputs>[0] = {},
  ) => readNewMasterKey({isStdin: false, noInput: false, ...request}, env, inputs(options))

  it('is a fresh file after a file', async () => {
    expect(await ask({})).toBe('new-file')
    expect(await ask({}, {}, {answer: 'never asked'})).toBe('new-file')
  })

  it('is taken from the environment, from standard input, or asked for', async () => {
    const old = {AUTOKESTRA_SECRET_KEY: 'old'}
    const key = (text: string, kind = 'environment') => ({bytes: Buffer.from(text), source: {kind}})
    expect(await ask({...old, AUTOKESTRA_NEW_SECRET_KEY: 'new'})).toEqual(key('new'))
    expect(await ask(old, {isStdin: true}, {stdin: 'new\n'})).toEqual(key('new'))
    expect(await ask(old, {}, {answer: 'typed'})).toEqual(key('typed'))
    for (const env of [old, {}]) expect(await ask(env, {isStdin: true}, {stdin: 'shown', answer: 'typed'})).toEqual(key('typed'))
    expect(await ask({AUTOKESTRA_SECRET_KEY_CMD: 'cat key'}, {}, {answer: 'typed'})).toEqual(key('typed', 'command'))
    expect(await ask({...old, AUTOKESTRA_SECRET_KEY_CMD: 'cat key'}, {}, {answer: 'typed'})).toEqual(key('typed'))
    expect(await ask({AUTOKESTRA_NEW_SECRET_KEY: 'new'})).toEqual(key('new'))
  })

  it('that is missing, given twice, empty or far too long is refused', async () => {
    const old = {AUTOKESTRA_SECRET_KEY: 'old'}
    await expect(ask(old)).rejects.toMatchObject({code: 'USAGE', hint: expect.stringMatching(/AUTOKESTRA_NEW_SECRET_KEY.*--new-key-stdin/)})
    await expect(ask(old, {noInput: true}, {answer: 'x'})).rejects.toMatchObject({code: 'USAGE'})
    await expect(ask({AUTOKESTRA_SECRET_KEY_CMD: 'x'})).rejects.toMatchObject({code: 'USAGE'})
    await expect(ask({...old, AUTOKESTRA_NEW_SECRET_KEY: 'a'}, {isStdin: true}, {stdin: 'b'})).rejects.toMatchObject({code: 'USAGE'})
    await expect(ask({...old, AUTOKESTRA_NEW_SECRET_KEY: ''})).rejects.toMatchObject({code: 'MASTER_KEY_INVALID'})
    await expect(ask(old, {isStdin: true}, {stdin: ' \n'})).rejects.toMatchObject({code: 'MASTER_KEY_INVALID'})
    await expect(ask(old, {}, {answer: ''})).rejects.toMatchObject({code: 'MASTER_KEY_INVALID'})
    await expect(ask(old, {isStdin: true}, {stdin: Buffer.alloc(65_537, 'x')})).rejects.toMatchObject({code: 'MASTER_KEY_INVALID'})
  })

  it('is followed by the next step', () => {
    expect(describeNextStep({kind: 'environment'})).toContain('AUTOKESTRA_SECRET_KEY ')
    expect(describeNextStep({kind: 'command'})).toContain('AUTOKESTRA_SECRET_KEY_CMD')
    expect(describeNextStep({kind: 'file', path: '/home/secret.key'})).toContain('/home/secret.key')
  })
})

describe('a prompt', () => {
  const terminal = {isTTY: true}

  it.each([
    [true, terminal, terminal, {}, false, /terminal/],
    [false, {}, terminal, {}, false, /no terminal/],
    [false, terminal, {}, {}, false, /no terminal/],
    [false, terminal, terminal, {CI: 'true'}, false, /because CI is set/],
    [false, terminal, terminal, {}, true, /because of --no-input/],
    [true, terminal, terminal, {CI: ''}, false, /terminal/],
  ])('is available: %s', (isAvailable, stdin, stderr, env, noInput, reason) => {
    const prompt = createPrompt({
      stdin: Object.assign(new PassThrough(), stdin),
      stderr: Object.assign(new PassThrough(), stderr),
      unattendedBy: readEnvironment(env).unattendedBy,
    })
    expect(prompt.isAvailable(noInput)).toBe(isAvailable)
    expect(prompt.whyNot(noInput)).toMatch(reason)
  })
})
