import {execFileSync} from 'node:child_process'
import {chownSync, existsSync, mkdirSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Config} from '../../../src/lib/config/config.ts'
import {locateHome} from '../../../src/lib/config/home.ts'
import {loadConfig, type LoadConfigOptions} from '../../../src/lib/config/load.ts'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Loads for a user whose home is `<dir>/me`, from `<dir>/project`. */
async function load(dir: string, more: Partial<LoadConfigOptions> = {}): Promise<Config> {
  const cwd = path.join(dir, 'project')
  mkdirSync(cwd, {recursive: true})
  const {env = {HOME: path.join(dir, 'me')}} = more
  const schemas = new SchemaCompiler()
  return await loadConfig({cwd, env, home: locateHome(env, more.cwd ?? cwd), schemas, bundledPluginDir: '/bundled', ...more})
}

async function failure(loading: Promise<Config>): Promise<WorkflowError> {
  const error: unknown = await loading.catch((thrown: unknown) => thrown)
  if (!(error instanceof WorkflowError)) throw new Error('expected a WorkflowError')
  return error
}

describe('without configuration files', () => {
  it('everything has its default, and nothing is created', async () => {
    const dir = temporaryDir()
    const home = path.join(dir, 'me/.autokestra')
    expect(await load(dir)).toEqual({
      home,
      allowShadowing: [],
      cacheDir: path.join(home, 'cache'),
      databaseFile: path.join(home, 'autokestra.db'),
      configFile: path.join(home, 'config.yaml'),
      pluginDir: path.join(home, 'plugins'),
      keyFile: path.join(home, 'secret.key'),
      anchorFile: path.join(home, 'secret.anchor'),
      projectDir: path.join(dir, 'project'),
      pluginPaths: [
        {path: path.join(dir, 'project/plugins'), origin: 'project'},
        {path: path.join(home, 'plugins'), origin: 'user'},
        {path: '/bundled', origin: 'bundled'},
      ],
      autoBuild: false,
      concurrency: availableParallelism(),
      concurrencyFrom: 'default',
      limits: {outputBytes: 10_485_760, outputDepth: 256, logLineBytes: 16_384, logBytes: 10_485_760, exitGraceMs: 2000, killGraceMs: 5000},
      keepFilesMs: 604_800_000,
      cacheMaxBytes: 5_368_709_120,
      placeholder: undefined,
      inheritEnv: [],
      sandbox: {limits: {memoryBytes: 268_435_456, cpus: 0.5, pids: 128, tmpBytes: 67_108_864}, byPlugin: {}},
      files: [],
      warnings: [],
    })
    expect(existsSync(path.join(dir, 'me'))).toBe(false)
  })

  it('what images are made from, and when, is set by the project, else by the user', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'me/.autokestra/config.yaml': 'plugins: {baseImage: mine, autoBuild: true}\n',
      'project/autokestra.yaml': 'plugins: {autoBuild: false}\n',
    })
    expect(await load(dir)).toMatchObject({baseImage: 'mine', autoBuild: false})
    writeFiles(dir, {'project/autokestra.yaml': 'plugins: {baseImage: theirs}\n'})
    expect(await load(dir)).toMatchObject({baseImage: 'theirs', autoBuild: true})
  })

  it('what restricted tasks may use is set for all plugins and for some, and the project wins limit by limit', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'me/.autokestra/config.yaml': 'sandbox: {memory: 1GiB, pids: 32, plugins: {a/b: {cpus: 2, tmp: 1MiB}, c/d: {pids: 99}}}\n',
      'project/autokestra.yaml': 'sandbox: {memory: 512MiB, plugins: {a/b: {cpus: 3}}}\n',
    })
    expect((await load(dir)).sandbox).toEqual({
      limits: {memoryBytes: 536_870_912, cpus: 0.5, pids: 32, tmpBytes: 67_108_864},
      byPlugin: {'a/b': {cpus: 3, tmpBytes: 1_048_576}, 'c/d': {pids: 99}},
    })
    writeFiles(dir, {'project/autokestra.yaml': 'sandbox: {memory: lots, plugins: {a/b: {tmp: 1}, AB: {}}}\n'})
    const {code, diagnostics} = await failure(load(dir))
    expect({code, found: diagnostics.map((finding) => finding.code).sort()}).toEqual({
      code: 'CONFIG_INVALID',
      found: ['bad-size', 'bad-size', 'invalid-value'],
    })
  })

  it('how much is kept of cached tasks is set by the user alone', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'me/.autokestra/config.yaml': 'cache: {maxSize: 1MiB}\n',
      'project/autokestra.yaml': 'cache: {maxSize: 5GiB}\n',
    })
    const {cacheMaxBytes, warnings} = await load(dir)
    expect(cacheMaxBytes).toBe(1_048_576)
    expect(warnings).toMatchObject([{code: 'setting-without-effect', hint: `set it in ${path.join(dir, 'me/.autokestra/config.yaml')}`}])
    writeFiles(dir, {'project/autokestra.yaml': '', 'me/.autokestra/config.yaml': 'cache: {maxSize: lots}\n'})
    const {diagnostics} = await failure(load(dir))
    expect(diagnostics).toMatchObject([{code: 'bad-size', message: 'maxSize is not a size: lots', line: 1}])
  })

  it('the project is the directory of the workflow file, or the current one for standard input', async () => {
    const dir = temporaryDir()
    expect((await load(dir, {workflowFile: 'flows/a.yaml'})).projectDir).toBe(path.join(dir, 'project/flows'))
    expect((await load(dir, {workflowFile: '-'})).projectDir).toBe(path.join(dir, 'project'))
  })

  it('no parser is loaded', () => {
    const source = path.resolve(import.meta.dirname, '../../../src/lib/config/load.ts')
    const {dependencies} = inspectBundle(source)
    expect(dependencies.filter((name) => /node_modules|documents\/|read-settings/.test(name))).toEqual([])
  })
})

/** The modules that are loaded together with a file: what it imports, but not what it imports later. */
function inspectBundle(file: string): {readonly dependencies: string[]} {
  const script = `import('esbuild').then(async ({build}) => {
    const {metafile} = await build({entryPoints: [${JSON.stringify(file)}], bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', splitting: true, outdir: 'out'})
    const main = Object.values(metafile.outputs).find((output) => output.entryPoint && output.entryPoint.endsWith('config/load.ts'))
    const reached = new Set([main])
    for (const output of reached) for (const {path, kind} of output.imports) if (kind === 'import-statement' && metafile.outputs[path]) reached.add(metafile.outputs[path])
    console.log(JSON.stringify([...reached].flatMap((output) => Object.keys(output.inputs))))
  })`
  const root = path.resolve(import.meta.dirname, '../../..')
  const dependencies: unknown = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {cwd: root, encoding: 'utf8'}),
  )
  if (!Array.isArray(dependencies) || dependencies.length === 0) throw new Error('nothing was bundled')
  return {dependencies: dependencies.map(String)}
}

describe('the home directory', () => {
  it('is AUTOKESTRA_HOME, also relative and with a tilde', async () => {
    const dir = temporaryDir()
    expect((await load(dir, {env: {AUTOKESTRA_HOME: '/elsewhere'}})).home).toBe('/elsewhere')
    expect((await load(dir, {env: {AUTOKESTRA_HOME: 'state'}})).home).toBe(path.join(dir, 'project/state'))
    expect((await load(dir, {env: {AUTOKESTRA_HOME: '~/state', HOME: '/me'}})).home).toBe('/me/state')
  })

  it.each([{}, {HOME: ''}, {HOME: 'relative'}, {AUTOKESTRA_HOME: ''}])('is asked for when the environment is %j', async (env) => {
    const error = await failure(load(temporaryDir(), {env}))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('HOME')
    expect(error.hint).toContain('AUTOKESTRA_HOME=')
  })
})

describe('the project', () => {
  it('is where the nearest autokestra.yaml upwards stands', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {'project/autokestra.yaml': '', 'project/a/autokestra.yaml': '# nothing set\n', 'project/a/b/c/flow.yaml': ''})
    const config = await load(dir, {workflowFile: 'a/b/c/flow.yaml'})
    expect(config.projectDir).toBe(path.join(dir, 'project/a'))
    expect(config.files).toEqual([path.join(dir, 'project/a/autokestra.yaml')])
    expect(config.pluginPaths[0]).toEqual({path: path.join(dir, 'project/a/plugins'), origin: 'project'})
  })

  it.runIf(process.getuid?.() === 0)('is not taken from a file that somebody else put above', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {'autokestra.yaml': 'plugins: {paths: [/evil]}\n'})
    chownSync(path.join(dir, 'autokestra.yaml'), 12_345, 12_345)
    const config = await load(dir)
    expect(config.projectDir).toBe(path.join(dir, 'project'))
    expect(config.warnings).toMatchObject([{code: 'foreign-config', file: path.join(dir, 'autokestra.yaml')}])
    chownSync(path.join(dir, 'project'), 12_345, 12_345)
    expect((await load(dir)).projectDir).toBe(dir)
  })
})

describe('plugins.paths', () => {
  it('that are not there are told with their place; defaults need not be there', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'project/autokestra.yaml': 'plugins:\n  paths: [here, ../gone]\n',
      'project/here/x': '',
      'me/.autokestra/config.yaml': 'plugins: {paths: [~/none]}\n',
    })
    expect((await load(dir)).warnings).toMatchObject([
      {
        severity: 'warning',
        code: 'missing-plugin-path',
        message: `the plugin directory ${path.join(dir, 'gone')} does not exist`,
        file: path.join(dir, 'project/autokestra.yaml'),
        line: 2,
        column: 17,
      },
      {code: 'missing-plugin-path', message: `the plugin directory ${path.join(dir, 'me/none')} does not exist`, line: 1},
    ])
  })
})

describe('settings', () => {
  it('of plugin paths are relative to their file and take the place of its default only', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'project/autokestra.yaml': 'plugins: {paths: [tools, ../shared, ~/mine, /abs]}\n',
      'me/.autokestra/config.yaml': 'plugins:\n  paths: [extra, /abs]\n',
    })
    expect((await load(dir)).pluginPaths).toEqual([
      {path: path.join(dir, 'project/tools'), origin: 'project'},
      {path: path.join(dir, 'shared'), origin: 'project'},
      {path: path.join(dir, 'me/mine'), origin: 'project'},
      {path: '/abs', origin: 'project'},
      {path: path.join(dir, 'me/.autokestra/extra'), origin: 'user'},
      {path: '/bundled', origin: 'bundled'},
    ])
  })

  it('of the project win over those of the user, one by one', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'project/autokestra.yaml': 'limits: {output: 1MiB, killGrace: 500ms}\n',
      'me/.autokestra/config.yaml': 'concurrency: 3\nlimits: {output: 5, log: 2 MB, exitGrace: 3}\n',
    })
    const config = await load(dir)
    expect(config.limits).toEqual({
      outputBytes: 1_048_576,
      outputDepth: 256,
      logLineBytes: 16_384,
      logBytes: 2_000_000,
      exitGraceMs: 3000,
      killGraceMs: 500,
    })
    expect([config.concurrency, config.concurrencyFrom]).toEqual([3, 'user'])
  })

  it('of variables that tasks inherit: those of user and project add up', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {
      'project/autokestra.yaml': 'inheritEnv: [KUBECONFIG]\n',
      'me/.autokestra/config.yaml': "inheritEnv: ['AWS_*']\n",
    })
    expect((await load(dir)).inheritEnv).toEqual(['AWS_*', 'KUBECONFIG'])
  })

  it('of the placeholder for secrets: the project, else the user, else the usual one', async () => {
    const dir = temporaryDir()
    expect((await load(dir)).placeholder).toBeUndefined()
    writeFiles(dir, {'me/.autokestra/config.yaml': 'masking: {placeholder: "[é ✂]"}\n'})
    expect((await load(dir)).placeholder).toBe('[é ✂]')
    writeFiles(dir, {'project/autokestra.yaml': `masking: {placeholder: '${'x'.repeat(100)}'}\n`})
    expect((await load(dir)).placeholder).toBe('x'.repeat(100))
    writeFiles(dir, {'project/autokestra.yaml': 'masking: {}\n'})
    expect((await load(dir)).placeholder).toBe('[é ✂]')
  })

  it.each(['""', '"a\\nb"', '"\\e[31m"', '"a\\u2028b"', '"\\u007f"', '"\\u009b"', 'x'.repeat(101), '5', 'null'])(
    'refuse the placeholder %s',
    async (text) => {
      const dir = temporaryDir()
      writeFiles(dir, {'project/autokestra.yaml': `masking: {placeholder: ${text}}\n`})
      const {code, diagnostics} = await failure(load(dir))
      expect([code, diagnostics.length, diagnostics[0]?.message]).toEqual(['CONFIG_INVALID', 1, expect.stringContaining('placeholder')])
    },
  )

  it('of concurrency follow flag, environment, project, user', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {'project/autokestra.yaml': 'concurrency: 4\n', 'me/.autokestra/config.yaml': 'concurrency: 3\n'})
    const env = {HOME: path.join(dir, 'me'), AUTOKESTRA_CONCURRENCY: '5'}
    const chosen = ({concurrency, concurrencyFrom}: Config) => [concurrency, concurrencyFrom]
    expect(chosen(await load(dir))).toEqual([4, 'project'])
    expect(chosen(await load(dir, {env}))).toEqual([5, 'environment'])
    expect(chosen(await load(dir, {env, flags: {concurrency: 6}}))).toEqual([6, 'flag'])
  })

  it.each(['0', '-1', '1.5', 'many', '1e3', '10001'])('refuse AUTOKESTRA_CONCURRENCY=%s', async (value) => {
    const error = await failure(load(temporaryDir(), {env: {HOME: '/me', AUTOKESTRA_CONCURRENCY: value}}))
    expect([error.code, error.message]).toEqual(['CONFIG_INVALID', 'AUTOKESTRA_CONCURRENCY must be a whole number from 1 to 10000.'])
  })

  it('refuse a flag that is no number of tasks', async () => {
    expect((await failure(load(temporaryDir(), {flags: {concurrency: 0}}))).code).toBe('USAGE')
  })

  it('ignore variables that mean nothing here', async () => {
    expect((await load(temporaryDir(), {env: {HOME: '/me', AUTOKESTRA_UNKNOWN: 'x', AUTOKESTRA_CONCURRENCY: ''}})).concurrencyFrom).toBe(
      'default',
    )
  })
})

describe('a wrong configuration file', () => {
  it('is refused with all findings and their places', async () => {
    const dir = temporaryDir()
    writeFiles(dir, {'project/autokestra.yaml': 'plugin: {}\nconcurrency: 0\nplugins:\n  paths: nowhere\n'})
    const error = await failure(load(dir))
    expect([error.code, error.exitCode]).toEqual(['CONFIG_INVALID', 3])
    const found = error.diagnostics.map(({line, column, message, hint}) => ({line, column, message, hint}))
    expect(found.sort((a, b) => Number(a.line) - Number(b.line))).toEqual([
      {line: 1, column: 1, message: 'unknown property "plugin"', hint: 'did you mean "plugins"?'},
      {line: 2, column: 14, message: 'concurrency must be at least 1', hint: undefined},
      {line: 4, column: 10, message: 'paths must be a list, not a string', hint: undefined},
    ])
  })

  it.each([
    ['limits: {output: lots}', 'output is not a size: lots'],
    ['limits: {log: 0}', 'log is not a size: 0'],
    ['limits: {killGrace: soon}', 'killGrace is not a duration: soon'],
    ['- a', 'the document must be a map, not a list'],
  ])('`%s` is explained', async (text, message) => {
    const dir = temporaryDir()
    writeFiles(dir, {'me/.autokestra/config.yaml': text})
    expect((await failure(load(dir))).diagnostics.map((found) => found.message)).toEqual([message])
  })

  it('that is a directory, a FIFO or no YAML is refused and does not hang', async () => {
    for (const make of [
      (file: string) => {
        mkdirSync(file)
      },
      (file: string) => execFileSync('mkfifo', [file]),
    ]) {
      const dir = temporaryDir()
      mkdirSync(path.join(dir, 'project'))
      make(path.join(dir, 'project/autokestra.yaml'))
      expect((await failure(load(dir))).code).toBe('DOCUMENT_UNREADABLE')
    }
    const dir = temporaryDir()
    writeFiles(dir, {'project/autokestra.yaml': 'a: [\n'})
    expect((await failure(load(dir))).code).toBe('CONFIG_INVALID')
  })
})
