import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {describe, expect, it} from 'vitest'
import {useSdkHosts} from '../rig/sdk-hosts.ts'

const sdk = useSdkHosts()

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(sdk.dir, name)), {recursive: true})
    writeFileSync(join(sdk.dir, name), text)
  }
}

const importing = 'import {defineAction} from "@autokestra/plugin-sdk"; export const run = defineAction({execute: () => "imported"})'
const requiring = 'const {defineAction} = require("@autokestra/plugin-sdk"); exports.run = defineAction({execute: () => "required"})'

describe('a plugin without node_modules may import the SDK', () => {
  it.each([
    ['from an ES module', {'index.mjs': importing}, 'index.mjs', 'imported'],
    [
      'from a .js file of a package that is a module',
      {'package.json': '{"type": "module"}', 'dist/index.js': importing},
      'dist/index.js',
      'imported',
    ],
    ['from a CommonJS module', {'index.cjs': requiring}, 'index.cjs', 'required'],
    ['from a .js file without a package.json', {'index.js': requiring}, 'index.js', 'required'],
    [
      'from a file its entry point imports',
      {'index.mjs': 'export {run} from "./lib/action.mjs"', 'lib/action.mjs': importing},
      'index.mjs',
      'imported',
    ],
    [
      'from a CommonJS file its entry point imports',
      {'index.mjs': 'import action from "./action.cjs"; export const run = action.run', 'action.cjs': requiring},
      'index.mjs',
      'required',
    ],
    [
      'in the middle of its work',
      {'index.mjs': 'export const run = {execute: async () => typeof (await import("@autokestra/plugin-sdk")).defineAction}'},
      'index.mjs',
      'function',
    ],
    [
      'for its testing helper',
      {
        'index.mjs':
          'import {runAction} from "@autokestra/plugin-sdk/testing"; export const run = {execute: async () => (await runAction({execute: () => "tested"}, {})).output}',
      },
      'index.mjs',
      'tested',
    ],
  ])('%s', async (_name, files, main, output) => {
    write(files)
    expect(await sdk.start().invoke({main: join(sdk.dir, main)})).toMatchObject({ok: true, output})
  })

  it('also in a host that has been waiting for a while', async () => {
    write({'index.mjs': 'export {run} from "./lib/action.mjs"', 'lib/action.mjs': importing, 'index.cjs': requiring})
    for (const [file, output] of [
      ['index.mjs', 'imported'],
      ['index.cjs', 'required'],
    ] as const) {
      const host = sdk.start()
      await delay(300)
      expect(await host.invoke({main: join(sdk.dir, file)})).toMatchObject({ok: true, output})
    }
  })

  it('and uses its own copy of the SDK where it has one', async () => {
    const own = {
      'node_modules/@autokestra/plugin-sdk/package.json':
        '{"name": "@autokestra/plugin-sdk", "exports": {"import": "./own.mjs", "require": "./own.cjs"}}',
    }
    write({
      ...own,
      'node_modules/@autokestra/plugin-sdk/own.mjs': 'export const defineAction = () => ({execute: () => "own"})',
      'node_modules/@autokestra/plugin-sdk/own.cjs': 'exports.defineAction = () => ({execute: () => "own"})',
      'index.mjs': importing,
      'index.cjs': requiring,
    })
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.mjs')})).toMatchObject({ok: true, output: 'own'})
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.cjs')})).toMatchObject({ok: true, output: 'own'})
  })
})

describe('the action a task names', () => {
  const two = '{greet: {execute: () => "greet"}, "say-bye": {execute: () => "bye"}}'

  it.each([
    ['named exports', 'index.mjs', 'export const greet = {execute: () => "greet"}; export const sayBye = {execute: () => "bye"}'],
    ['a record as the default export', 'index.mjs', `export default ${two}`],
    ['a record called actions', 'index.mjs', `export const actions = ${two}`],
    ['module.exports', 'index.cjs', `module.exports = ${two}`],
    [
      'what a compiler makes of a default export',
      'index.cjs',
      `Object.defineProperty(exports, "__esModule", {value: true}); exports.default = ${two}`,
    ],
  ])('is found among %s, and no other is called', async (_name, file, text) => {
    write({[file]: text})
    const host = sdk.start()
    const main = join(sdk.dir, file)
    expect(await host.invoke({main, action: 'greet'})).toMatchObject({ok: true, output: 'greet'})
    expect(await host.invoke({main, action: 'say-bye'})).toMatchObject({ok: true, output: 'bye'})
    expect(await host.invoke({main, action: 'run'})).toMatchObject({
      ok: false,
      error: {
        code: 'ACTION_NOT_EXPORTED',
        message: expect.stringMatching(/'run'; it exports 'greet', 'say-?[bB]ye'$/) as string,
        retryable: false,
      },
    })
  })

  it('is not taken from the prototype', async () => {
    write({'index.mjs': 'export default Object.create({run: {execute: () => "inherited"}}, {})'})
    const host = sdk.start()
    for (const action of ['run', 'constructor', '__proto__', 'toString']) {
      expect(await host.invoke({main: join(sdk.dir, 'index.mjs'), action})).toMatchObject({ok: false, error: {code: 'ACTION_NOT_EXPORTED'}})
    }
  })

  it('may be the one default export of a plugin that has nothing else', async () => {
    write({
      'index.mjs': 'export default {execute: () => "sole"}',
      'more.mjs': 'export default {execute: () => "sole"}; export const other = {execute: () => "other"}',
    })
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.mjs'), action: 'greet'})).toMatchObject({ok: true, output: 'sole'})
    expect(await sdk.start().invoke({main: join(sdk.dir, 'more.mjs'), action: 'greet'})).toMatchObject({
      ok: false,
      error: {code: 'ACTION_NOT_EXPORTED'},
    })
  })

  it('is not a default export without a name when the manifest declares several', async () => {
    write({'index.mjs': 'export default {execute: () => "sole"}'})
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.mjs'), action: 'greet', isOnlyAction: false})).toMatchObject({
      ok: false,
      error: {code: 'ACTION_NOT_EXPORTED', message: expect.stringContaining('one action without a name') as string},
    })
  })

  it('keeps its own `this`', async () => {
    write({'index.mjs': 'export default {run: {word: "mine", execute() { return this.word }}}'})
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.mjs')})).toMatchObject({output: 'mine'})
  })

  it('is missing in a plugin that exports nothing', async () => {
    write({'index.mjs': 'console.log("hi")'})
    expect(await sdk.start().invoke({main: join(sdk.dir, 'index.mjs')})).toMatchObject({
      ok: false,
      error: {message: expect.stringContaining('it exports no action') as string},
    })
  })
})

describe('an entry point that cannot be loaded is PLUGIN_LOAD_FAILED', () => {
  it.each([
    ['because it is not there', {}, /index\.mjs/],
    ['because of its syntax', {'index.mjs': 'export const = 1'}, /Unexpected token/],
    ['because it throws', {'index.mjs': 'throw new Error("no licence")'}, /no licence/],
    ['because it imports what is not installed', {'index.mjs': 'import "left-pad-of-nowhere"'}, /left-pad-of-nowhere/],
    ['because the SDK has no such export', {'index.mjs': 'import {defineEverything} from "@autokestra/plugin-sdk"'}, /defineEverything/],
  ])('%s', async (_name, files: Record<string, string>, message) => {
    write(files)
    const result = await sdk.start().invoke({main: join(sdk.dir, 'index.mjs')})
    expect(result).toMatchObject({
      ok: false,
      error: {code: 'PLUGIN_LOAD_FAILED', message: expect.stringMatching(message) as string, retryable: false},
    })
  })
})
