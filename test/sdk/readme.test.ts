import {execFileSync, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {transform} from 'esbuild'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {buildSdk} from '../../scripts/build-sdk.mjs'
import {buildHost, HostProcess} from '../rig/plugin-host.ts'

const root = resolve(import.meta.dirname, '../..')
let dir: string
let hostFile: string

/** Writes each example that names its file in its first line. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sdk-readme-'))
  hostFile = await buildHost(join(dir, 'sdk'))
  const readme = readFileSync(join(root, 'sdk', 'README.md'), 'utf8')
  for (const [, file = '', text = ''] of readme.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(dir, file)), {recursive: true})
    writeFileSync(join(dir, file), text)
  }
})
afterAll(() => {
  rmSync(dir, {recursive: true, force: true})
})

async function invoke(main: string, action: string, inputs: object) {
  const host = new HostProcess(hostFile)
  try {
    const result = await host.invoke({main: join(dir, main), action, inputs: JSON.parse(JSON.stringify(inputs)) as Record<string, never>})
    return {result, frames: host.frames}
  } finally {
    host.kill()
  }
}

describe('the examples of the guide', () => {
  it('greet by name', async () => {
    const {result, frames} = await invoke('plugins/greet/index.js', 'hello', {name: 'Ada'})
    expect(result).toMatchObject({ok: true, output: {greeting: 'Hello, Ada!'}})
    expect(frames[0]).toMatchObject({type: 'log', message: 'greeting', fields: {name: 'Ada'}})
  })

  it('compute a mean, once compiled', async () => {
    const {code} = await transform(readFileSync(join(dir, 'plugins/stats/index.ts'), 'utf8'), {loader: 'ts'})
    writeFileSync(join(dir, 'plugins/stats/index.mjs'), code)
    expect((await invoke('plugins/stats/index.mjs', 'mean', {values: [1, 2, 4]})).result).toMatchObject({ok: true, output: {mean: 2.33}})
  })

  it('create a ticket, and tell failures apart', async () => {
    const server = createServer((incoming, response) => {
      const isKnown = incoming.headers.authorization === 'Bearer good'
      response.statusCode = isKnown ? (incoming.url === '/down' ? 503 : 200) : 401
      response.end(JSON.stringify({key: incoming.headers['idempotency-key']}))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const create = async (inputs: object) => (await invoke('plugins/tickets/index.js', 'create', inputs)).result
    expect(await create({url, token: 'good', title: 'x'})).toMatchObject({ok: true, output: {key: 'r1/t'}})
    expect(await create({url, token: 'bad', title: 'x'})).toMatchObject({ok: false, error: {code: 'TOKEN_REFUSED', retryable: false}})
    expect(await create({url: `${url}/down`, token: 'good', title: 'x'})).toMatchObject({
      ok: false,
      error: {code: 'SERVICE_FAILED', retryable: true},
    })
    server.closeAllConnections()
    server.close()
  })

  it('count with progress', async () => {
    const {result, frames} = await invoke('plugins/batch/index.js', 'count', {items: ['a', 'b']})
    expect(result).toMatchObject({ok: true, output: {done: 2}})
    expect(frames[0]).toEqual({type: 'progress', fraction: 0.5, message: '1 of 2'})
  })

  it('pass their own test, with the SDK installed', () => {
    mkdirSync(join(dir, 'node_modules/@autokestra/plugin-sdk'), {recursive: true})
    symlinkSync(join(dir, 'sdk'), join(dir, 'node_modules/@autokestra/plugin-sdk/dist'))
    writeFileSync(join(dir, 'node_modules/@autokestra/plugin-sdk/package.json'), readFileSync(join(root, 'sdk/package.json')))
    writeFileSync(join(dir, 'package.json'), '{"type": "module"}')
    const output = execFileSync(process.execPath, ['--test', join(dir, 'plugins/greet/index.test.js')], {
      encoding: 'utf8',
      env: {PATH: process.env['PATH']},
    })
    expect(output).toMatch(/pass 1\b/)
  })
})

describe('the type declarations of the built package', () => {
  it('type the actions of a plugin, and refuse what does not fit its schemas', async () => {
    const project = mkdtempSync(join(tmpdir(), 'sdk-types-'))
    try {
      const installed = join(project, 'node_modules/@autokestra/plugin-sdk')
      mkdirSync(installed, {recursive: true})
      await buildSdk(join(installed, 'dist'))
      writeFileSync(join(installed, 'package.json'), readFileSync(join(root, 'sdk/package.json')))
      symlinkSync(join(root, 'node_modules/@types'), join(project, 'node_modules/@types'))
      writeFileSync(join(project, 'package.json'), '{"type": "module"}')
      writeFileSync(join(project, 'good.ts'), readFileSync(join(dir, 'plugins/stats/index.ts')))
      writeFileSync(
        join(project, 'bad.ts'),
        `import {defineAction} from '@autokestra/plugin-sdk'
        import {runAction} from '@autokestra/plugin-sdk/testing'
        const action = defineAction({
          input: {type: 'object', required: ['n'], properties: {n: {type: 'number'}, kind: {enum: ['a', 'b']}}},
          output: {type: 'object', required: ['text'], properties: {text: {type: 'string'}}},
          execute: ({n}) => ({text: n}),
        })
        export const run = runAction(action, {n: 1, kind: 'c'})
        `,
      )
      const compile = (...files: string[]): string => {
        const args = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node', ...files]
        return spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], {cwd: project, encoding: 'utf8'})
          .stdout
      }
      const errors = compile('good.ts', 'bad.ts')
      expect(errors).not.toContain('good.ts')
      expect(errors).toMatch(/^bad\.ts\(3,\d+\): .*No overload matches/m)
      expect(errors).toContain("Type 'number' is not assignable to type 'string'")
      expect(errors).toMatch(/^bad\.ts\(8,\d+\): .*Type '"c"' is not assignable to type '"a" \| "b" \| undefined'/m)
    } finally {
      rmSync(project, {recursive: true, force: true})
    }
  }, 240_000)
})
