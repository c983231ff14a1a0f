import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {prepareEntry} from '../../../src/lib/plugins/prepare-entry.ts'
import {settled, writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

interface Fixture {
  readonly dir: string
  readonly cacheDir: string
}

/** A plugin directory whose files are old enough for the cache to trust them. */
async function plugin(files: Readonly<Record<string, string>>): Promise<Fixture> {
  const home = temporaryDir()
  const dir = writeFiles(path.join(home, 'tool'), files)
  for (const name of Object.keys(files)) await settled(path.join(dir, name))
  return {dir, cacheDir: path.join(home, 'cache')}
}

async function prepare({dir, cacheDir}: Fixture, more: {main?: string; sdkModules?: Record<string, string>} = {}): Promise<string> {
  return await prepareEntry({dir, main: 'index.ts', id: 'acme/tool', cacheDir, programVersion: '1', ...more})
}

async function load(fixture: Fixture): Promise<Record<string, unknown>> {
  const loaded: unknown = await import(pathToFileURL(await prepare(fixture)).href)
  return {...(loaded as Record<string, unknown>)}
}

async function failure(fixture: Fixture): Promise<WorkflowError> {
  const error: unknown = await prepare(fixture).catch((thrown: unknown) => thrown)
  if (!(error instanceof WorkflowError)) throw new Error('expected a WorkflowError')
  return error
}

describe('a TypeScript entry point', () => {
  it('becomes one loadable module with the files it imports', async () => {
    const fixture = await plugin({
      'index.ts':
        "import {b} from './lib/b.ts'\nimport data from './data.json' with {type: 'json'}\nexport const value: string = b + data.x\n",
      'lib/b.ts': 'export const b: string = "b"\n',
      'data.json': '{"x": "!"}',
    })
    expect(await load(fixture)).toMatchObject({value: 'b!'})
  })

  it('keeps import.meta.url of each source file, so that assets are found', async () => {
    const fixture = await plugin({
      'index.ts': "export {other} from './lib/other.ts'\nexport const own: string = import.meta.url\n",
      'lib/other.ts': 'export const other: string = import.meta.url\n',
    })
    expect(await load(fixture)).toMatchObject({
      own: pathToFileURL(path.join(fixture.dir, 'index.ts')).href,
      other: pathToFileURL(path.join(fixture.dir, 'lib/other.ts')).href,
    })
  })

  it('finds the packages and built-in modules it imports', async () => {
    const fixture = await plugin({
      'index.ts': "import {join} from 'node:path'\nimport {here} from 'some-package'\nexport const value = join('a', here)\n",
      'node_modules/some-package/package.json': '{"name": "some-package", "type": "module", "exports": "./main.js"}',
      'node_modules/some-package/main.js': 'export const here = import.meta.url.split("/").at(-2)\n',
    })
    expect(await load(fixture)).toMatchObject({value: 'a/some-package'})
  })

  it('leaves the SDK to the host, or takes it from the given file', async () => {
    const fixture = await plugin({
      'index.ts': "import {sdk} from '@autokestra/plugin-sdk'\nexport const value = sdk\n",
      'sdk.js': 'export const sdk = "given"\n',
    })
    const sdkModules = {'@autokestra/plugin-sdk': path.join(fixture.dir, 'sdk.js')}
    const loaded: unknown = await import(pathToFileURL(await prepare(fixture, {sdkModules})).href)
    expect(loaded).toMatchObject({value: 'given'})
    await expect(load(fixture)).rejects.toThrow('@autokestra/plugin-sdk')
  })

  it('with a syntax error is refused with its position', async () => {
    const fixture = await plugin({'index.ts': 'const url = import.meta.url\nexport const x: = 1\n'})
    const error = await failure(fixture)
    expect(error.code).toBe('PLUGIN_INVALID')
    expect(error.diagnostics).toMatchObject([
      {
        severity: 'error',
        code: 'entry-point-invalid',
        file: path.join(fixture.dir, 'index.ts'),
        line: 2,
        column: 17,
        sourceLine: 'export const x: = 1',
      },
    ])
  })

  it('has its columns counted in characters, also on a line that was changed for the build', async () => {
    const fixture = await plugin({'index.ts': "const ü = 'ä'; import.meta.url; const = 1\n"})
    expect((await failure(fixture)).diagnostics).toMatchObject([
      {line: 1, column: 39, sourceLine: "const ü = 'ä'; import.meta.url; const = 1"},
    ])
  })

  it('with an import that leads nowhere is refused, naming it and what to type', async () => {
    const names = ['no-such-package', '@acme/no-such/deep.js', './missing.ts', '@/alias']
    const fixture = await plugin({'index.ts': names.map((name) => `import '${name}'\n`).join('')})
    expect((await failure(fixture)).diagnostics.map(({line, message, hint}) => [line, message, hint])).toEqual([
      [1, 'Could not resolve "no-such-package"', `npm install no-such-package, in ${fixture.dir}`],
      [2, 'Could not resolve "@acme/no-such/deep.js"', `npm install @acme/no-such, in ${fixture.dir}`],
      [3, 'Could not resolve "./missing.ts"', 'check the path'],
      [4, 'Could not resolve "@/alias"', 'check the path'],
    ])
  })
})

describe('a built entry point', () => {
  const files = {'index.ts': "import {b} from './b.ts'\nexport const value: string = b\n", 'b.ts': 'export const b: string = "one"\n'}

  it('is used again while nothing changed', async () => {
    const fixture = await plugin(files)
    const first = await prepare(fixture)
    const {mtimeMs} = statSync(first)
    expect(await prepare(fixture)).toBe(first)
    expect(statSync(first).mtimeMs).toBe(mtimeMs)
  })

  it('is used again when only time stamps changed', async () => {
    const fixture = await plugin(files)
    const first = await prepare(fixture)
    const {mtimeMs} = statSync(first)
    utimesSync(path.join(fixture.dir, 'b.ts'), new Date(), new Date())
    expect(await prepare(fixture)).toBe(first)
    expect(statSync(first).mtimeMs).toBe(mtimeMs)
  })

  it('is built again when an imported file changed, also to the same size at the same time', async () => {
    const fixture = await plugin(files)
    expect(await load(fixture)).toMatchObject({value: 'one'})
    const file = path.join(fixture.dir, 'b.ts')
    const {atime, mtime} = statSync(file)
    writeFileSync(file, 'export const b: string = "two"\n')
    utimesSync(file, atime, mtime)
    expect(await load(fixture)).toMatchObject({value: 'two'})
  })

  it('is built again when a new file takes the place of an import', async () => {
    const fixture = await plugin({
      'index.ts': "import {b} from './b'\nexport const value = b\n",
      'b/index.ts': 'export const b = "directory"\n',
    })
    expect(await load(fixture)).toMatchObject({value: 'directory'})
    writeFiles(fixture.dir, {'b.ts': 'export const b = "file"\n'})
    expect(await load(fixture)).toMatchObject({value: 'file'})
  })

  it('is built again when it was cut off or removed', async () => {
    const fixture = await plugin(files)
    const first = await prepare(fixture)
    truncateSync(first, 10)
    expect(await load(fixture)).toMatchObject({value: 'one'})
    rmSync(fixture.cacheDir, {recursive: true})
    expect(statSync(await prepare(fixture)).size).toBeGreaterThan(10)
  })

  it('is built again when its record is damaged', async () => {
    const fixture = await plugin(files)
    const first = await prepare(fixture)
    for (const name of readdirSync(path.dirname(first)).filter((file) => file.endsWith('.json'))) {
      writeFileSync(path.join(path.dirname(first), name), '{"bundle": "../../../etc/passwd", "size": 1, "inputs": {}, "directories": {}}')
    }
    expect(await prepare(fixture)).toBe(first)
  })

  it('cannot be kept where the cache cannot be written', async () => {
    const fixture = await plugin(files)
    writeFileSync(fixture.cacheDir, '')
    expect((await failure(fixture)).code).toBe('STORAGE_NOT_WRITABLE')
  })

  it('is the same for processes that build it at once', async () => {
    const fixture = await plugin(files)
    const source = path.resolve(import.meta.dirname, '../../../src/lib/plugins/prepare-entry.ts')
    const {build} = await import('esbuild')
    const script = path.join(path.dirname(fixture.dir), 'prepare.mjs')
    await build({entryPoints: [source], outfile: script, bundle: true, platform: 'node', format: 'esm', external: ['esbuild']})
    symlinkSync(path.resolve(import.meta.dirname, '../../../node_modules'), path.join(path.dirname(fixture.dir), 'node_modules'))
    const options = {dir: fixture.dir, main: 'index.ts', id: 'acme/tool', cacheDir: fixture.cacheDir, programVersion: '1'}
    const code = `const {prepareEntry} = await import(${JSON.stringify(pathToFileURL(script).href)})
      const file = await prepareEntry(${JSON.stringify(options)})
      console.log(file, (await import(file)).value)`
    const outputs = await Promise.all(
      Array.from({length: 4}, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit']})
        let output = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
        await once(child, 'close')
        return output
      }),
    )
    const bundle = await prepare(fixture)
    expect(outputs).toEqual(Array(4).fill(`${bundle} one\n`))
    expect(readdirSync(path.dirname(bundle)).filter((name) => name.startsWith('.'))).toEqual([])
  })
})

describe('a JavaScript entry point', () => {
  it('is loaded where it stands, by its real path', async () => {
    const fixture = await plugin({'dist/index.js': ''})
    mkdirSync(path.join(fixture.dir, 'link'))
    symlinkSync('../dist/index.js', path.join(fixture.dir, 'link/index.js'))
    expect(await prepare(fixture, {main: 'link/index.js'})).toBe(path.join(fixture.dir, 'dist/index.js'))
  })
})
