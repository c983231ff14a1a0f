// The packed package, installed as a user does it. Slow: the native part of better-sqlite3 may have to be compiled.

import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import packageJson from '../../package.json' with {type: 'json'}
import {
  exampleExtension,
  installGlobally,
  installedVersion,
  installNode,
  otherNodeVersions,
  pack,
  type PackedPackage,
} from '../rig/installed-package.ts'
import {readPage} from '../rig/doc-page.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, runWorkflow, type CommandResult} from '../rig/workflow-command.ts'

const installTimeoutMs = 600_000

let directory: string
let packed: PackedPackage
let prefix: string

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'workflow-package-'))
  prefix = path.join(directory, 'prefix')
  packed = await pack(packageRoot, directory)
  await installGlobally(packed.file, prefix)
  return () => {
    rmSync(directory, {recursive: true, force: true})
  }
}, installTimeoutMs)

/** Runs an installed program. `nodeDir` comes first in its PATH. */
function runInstalled(
  from: string,
  program: string,
  args: readonly string[],
  home: string,
  nodeDir = path.dirname(process.execPath),
): Promise<CommandResult> {
  const env = {PATH: `${nodeDir}:${process.env['PATH'] ?? ''}`}
  return runWorkflow(args, {home, env, command: [path.join(from, 'bin', program)]})
}

const examples = (from: string): string => path.join(from, 'lib', 'node_modules', 'autokestra', 'examples')

describe('the package', () => {
  it('holds what the program needs, and nothing of how it is made', () => {
    console.log(`package: ${String(packed.files.length)} files, ${String(packed.size)} bytes, unpacked ${String(packed.unpackedSize)}`)
    const needed = [
      'bin/run.js',
      'bin/load-bundle.js',
      'bin/package.json',
      'dist/cli.cjs',
      'dist/sdk/host.js',
      'dist/sdk/index.js',
      'dist/sdk/index.d.ts',
      'dist/sdk/testing.js',
      'dist/plugins/shell/plugin.yaml',
      'dist/plugins/http/dist/index.js',
      'examples/01-hello.yaml',
      'examples/extension/package.json',
      'oclif.manifest.json',
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'LICENSE',
    ]
    expect(packed.files).toEqual(expect.arrayContaining(needed))
    expect(packed.files.some((file) => file.startsWith('dist/schemas/'))).toBe(true)
    const places =
      /^(bin|dist\/(cli\.cjs$|sdk\/|plugins\/|schemas\/)|examples|docs)|^(plugins\/[a-z]+\/README\.md|sdk\/README\.md|bench\/(RESULTS|README)\.md)$|^(oclif\.manifest\.json|package\.json|README\.md|AGENTS\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|LICENSE)$/
    expect(packed.files.filter((file) => !places.test(file))).toEqual([])
    expect(packed.files.filter((file) => /\.map$|\.test\.(?!yaml$)|code-cache|node_modules|(^|\/)\.|bin\/dev/.test(file))).toEqual([])
  })

  it('holds every page that its pages lead to', () => {
    const pages = packed.files.filter((file) => file.endsWith('.md'))
    const lost = pages.flatMap((page) =>
      readPage(page).links.flatMap(({target}) => {
        const [file = ''] = target.split('#')
        const found = path.normalize(path.join(path.dirname(page), file)).replace(/\/$/, '')
        const isThere = file === '' || packed.files.some((name) => name === found || name.startsWith(`${found}/`))
        return isThere ? [] : [`${page}: ${target}`]
      }),
    )
    expect(lost).toEqual([])
  })

  it('stays small', () => {
    expect(packed.unpackedSize).toBeLessThan(5_000_000)
  })
})

describe('installed into an empty prefix', () => {
  it.each(['workflow', 'autokestra'])('it starts as `%s`', async (program) => {
    expect(await runInstalled(prefix, program, ['--version'], temporaryDir())).toMatchObject({
      exitCode: 0,
      stdout: `autokestra/${packageJson.version} ${process.platform}-${process.arch} node-${process.version}\n`,
      stderr: '',
    })
  })

  it('it runs an example from any directory', async () => {
    const result = await runInstalled(prefix, 'workflow', ['run', path.join(examples(prefix), '01-hello.yaml'), '--json'], temporaryDir())
    expect(result).toMatchObject({exitCode: 0})
    expect(JSON.parse(result.stdout)).toMatchObject({status: 'succeeded'})
  })
})

describe('a CLI extension', () => {
  const name = 'autokestra-extension-example'

  async function expectExtension(home: string, type: 'link' | 'user'): Promise<void> {
    expect(await runInstalled(prefix, 'workflow', ['hello', 'Ada', '--loud'], home)).toMatchObject({exitCode: 0, stdout: 'HELLO, ADA!\n'})
    const listed = await runInstalled(prefix, 'workflow', ['plugins', '--json'], home)
    expect(JSON.parse(listed.stdout)).toEqual(expect.arrayContaining([expect.objectContaining({name, type})]))
    expect((await runInstalled(prefix, 'workflow', ['--help'], home)).stdout).toMatch(/^ {2}hello +Greet somebody\./m)
    const wrong = await runInstalled(prefix, 'workflow', ['hello', '--loudd'], home)
    expect(wrong).toMatchObject({exitCode: 2, stdout: ''})
    expect(wrong.stderr).toContain('error[USAGE]: unknown flag --loudd')
    expect(await runInstalled(prefix, 'workflow', ['plugins', 'inspect', name], home)).toMatchObject({exitCode: 0})
    expect(await runInstalled(prefix, 'workflow', ['plugins', 'uninstall', name], home)).toMatchObject({exitCode: 0})
    expect(await runInstalled(prefix, 'workflow', ['hello'], home)).toMatchObject({exitCode: 2, stdout: ''})
  }

  it('can be linked and unlinked', {timeout: installTimeoutMs}, async () => {
    const home = temporaryDir()
    const linked = await runInstalled(prefix, 'workflow', ['plugins', 'link', path.join(examples(prefix), 'extension')], home)
    expect(linked).toMatchObject({exitCode: 0})
    await expectExtension(home, 'link')
  })

  it('can be installed from a packed file and uninstalled', {timeout: installTimeoutMs}, async () => {
    const home = temporaryDir()
    const {file} = await pack(exampleExtension, directory)
    const installed = await runInstalled(prefix, 'workflow', ['plugins', 'install', path.relative(home, file)], home)
    expect(installed, installed.stderr).toMatchObject({exitCode: 0})
    expect(installed.stderr).toContain('command workflow hello')
    await expectExtension(home, 'user')
  })
})

describe.each(otherNodeVersions)('on Node.js %i', (major) => {
  it('it installs and runs an example', {timeout: installTimeoutMs}, async () => {
    const nodeDir = await installNode(major, path.join(directory, `node-${String(major)}`))
    const other = path.join(directory, `prefix-${String(major)}`)
    await installGlobally(packed.file, other, nodeDir)
    expect(installedVersion(other, 'better-sqlite3')).toMatch(major >= 22 ? /^13\./ : /^12\./)
    const home = temporaryDir()
    const version = await runInstalled(other, 'workflow', ['version', '--json'], home, nodeDir)
    expect((JSON.parse(version.stdout) as {node: string}).node).toMatch(new RegExp(`^${String(major)}\\.`))
    // Twice: the second start uses the code that the first one kept.
    for (const attempt of [1, 2]) {
      const result = await runInstalled(other, 'workflow', ['run', path.join(examples(other), '01-hello.yaml'), '--json'], home, nodeDir)
      expect(result, `start ${String(attempt)}: ${result.stderr}`).toMatchObject({exitCode: 0})
    }
    const runs = await runInstalled(other, 'workflow', ['runs', 'list', '--json'], home, nodeDir)
    expect(JSON.parse(runs.stdout)).toHaveLength(2)
  })
})
