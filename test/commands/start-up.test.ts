// Guards how fast commands start by what they do not load. Times are measured in bench/; here nothing depends on the machine.

import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import {tmpdir} from 'node:os'
import path from 'node:path'
import type {Metafile} from 'esbuild'
import {beforeAll, describe, expect, it} from 'vitest'
import {buildBundle} from '../../scripts/build.mjs'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {runWorkflow} from '../rig/workflow-command.ts'

/** Modules that are loaded only by the command that needs them, as they stand in the bundle. */
const heavy =
  /(^|\/)(node_modules\/(better-sqlite3|drizzle-orm|ajv|ajv-formats|esbuild|yaml|js-yaml|re2js|@marcbachmann\/cel-js)\/|src\/lib\/(app|planning|inspection|execution|storage|images|processes|docker|egress|engine\/(loop|decide)|plugins|permissions|advice|secrets\/store|workflow|templates|masking|network|documents)\/)/

/** What a workflow of one shell task, without a template or a finding, does not use. */
const needlessForOneTask =
  /(^|\/)(node_modules\/(ajv\/dist\/(?!runtime)|(ajv-formats|ansis|cli-spinners|get-package-type|is-wsl|re2js|drizzle-orm|@marcbachmann\/cel-js|@dagrejs\/dagre|docker-modem|tar-fs|yaml|@inquirer)\/)|src\/lib\/(inspection|explain|testing|docker|egress|cache|secrets\/store|workflow\/schema\/workflow-schema|execution\/protocols\/sdk|plugins\/prepare-entry)\b)/

describe('the bundle', () => {
  let metafile: Metafile

  beforeAll(async () => {
    const outDir = mkdtempSync(path.join(tmpdir(), 'workflow-bundle-'))
    metafile = await buildBundle(path.join(outDir, 'cli.cjs'))
    return () => {
      rmSync(outDir, {recursive: true})
    }
  })

  it('reaches nothing heavy from its entry by static imports', () => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const {path: imported, kind} of metafile.inputs[file]?.imports ?? []) {
        if (kind !== 'dynamic-import' && imported in metafile.inputs) visit(imported)
      }
    }
    visit('src/cli.ts')
    expect([...reached].some((file) => file.includes('@oclif/core'))).toBe(true)
    expect([...reached].filter((file) => heavy.test(file))).toEqual([])
  })

  it('holds what it needs at all, so that a start looks up few packages', () => {
    const external = Object.values(metafile.outputs).flatMap(({imports}) =>
      imports.filter((entry) => entry.external && entry.kind === 'require-call').map((entry) => entry.path),
    )
    // `typescript` is asked for by oclif, when it finds a CLI extension under development, and is not ours to bring.
    const packages = new Set(external.filter((name) => !isBuiltin(name) && name !== 'typescript').map((name) => name.split('/')[0]))
    expect([...packages].sort()).toEqual(['better-sqlite3', 'esbuild', 'ssh2'])
  })
})

describe('the modules executed', () => {
  /** Everything that was loaded, from V8's own count of function calls. */
  async function loadedScripts(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CoverageFile['result']> {
    const home = temporaryDir()
    const coverage = path.join(home, 'coverage')
    const result = await runWorkflow(args, {home, env: {...env, NODE_V8_COVERAGE: coverage}})
    expect(result.exitCode, result.stderr).toBe(0)
    return readdirSync(coverage).flatMap((file) => (JSON.parse(readFileSync(path.join(coverage, file), 'utf8')) as CoverageFile).result)
  }

  /** Names of all modules of the bundle that ran. */
  function modulesOf(scripts: CoverageFile['result']): string[] {
    const bundle = scripts.find(({url}) => url.endsWith('/dist/cli.cjs'))
    return (bundle?.functions ?? [])
      .filter(({functionName, ranges}) => /\/.+\.[cm]?[jt]s$/.test(functionName) && ranges[0]?.count !== 0)
      .map(({functionName}) => functionName)
  }

  it.each([[['--help']], [['version']], [['help', 'run']], [['version', '--json']]])('by %j are none of the heavy ones', async (args) => {
    const modules = modulesOf(await loadedScripts(args))
    expect(modules.some((name) => name.includes('@oclif/core'))).toBe(true)
    expect(modules.filter((name) => heavy.test(name) || name.includes('node_modules/semver/'))).toEqual([])
  })

  it('by --version are none at all', async () => {
    expect(modulesOf(await loadedScripts(['--version']))).toEqual([])
  })

  it('by a run of one task are those that it needs', async () => {
    const dir = temporaryDir()
    const file = path.join(dir, 'one.yaml')
    writeFileSync(file, 'id: one\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "true"}}\n')
    const modules = modulesOf(await loadedScripts(['run', file, '--progress', 'quiet']))
    expect(modules).toContain('src/lib/workflow/check/check-workflow.ts')
    expect(modules.filter((name) => needlessForOneTask.test(name))).toEqual([])
  })

  it('by a look for Docker are those of its client, and not those for an engine behind ssh', async () => {
    const scripts = await loadedScripts(['plugin', 'list'], {DOCKER_HOST: `unix://${temporaryDir()}/none.sock`})
    expect(modulesOf(scripts).some((name) => name.includes('node_modules/docker-modem/'))).toBe(true)
    expect(scripts.filter(({url}) => url.includes('node_modules/ssh2/'))).toEqual([])
  })
})

interface CoverageFile {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {readonly functionName: string; readonly ranges: readonly {readonly count: number}[]}[]
  }[]
}
