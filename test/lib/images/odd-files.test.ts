// Files of a plugin that are not files: nothing we read of it is waited for, and nothing is read without end.

import {execFileSync} from 'node:child_process'
import {mkdtempSync, realpathSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {manifestText, writeFiles} from '../../rig/plugin-dir.ts'

const kinds = {
  'a FIFO': (file: string) => void execFileSync('mkfifo', [file]),
  'a link to a device without end': (file: string) => symlinkSync('/dev/zero', file),
  'a link to a FIFO': (file: string) => {
    execFileSync('mkfifo', [`${file}.fifo`])
    symlinkSync(`${path.basename(file)}.fifo`, file)
  },
} as const

const names = [
  'plugin.yaml',
  'package.json',
  'requirements.txt',
  'Dockerfile',
  '.dockerignore',
  'package-lock.json',
  'tsconfig.json',
  'main.ts',
  'lib.ts',
  'data.json',
  'base.json',
  '../package.json',
]

/** All that is asked of plugins before they run, in a process of its own: one that hangs cannot be told to stop. */
const script = `
import path from 'node:path'
import {PluginManager} from 'src/lib/plugins/plugin-manager.ts'
import {SchemaCompiler} from 'src/lib/documents/json-schema.ts'
import {readImageSource} from 'src/lib/images/image-source.ts'
const [, , sdkDir, ...roots] = process.argv
for (const root of roots) {
  const cacheDir = path.join(root, 'cache')
  const manager = new PluginManager({paths: [{path: path.join(root, 'plugins'), origin: 'project'}], cacheDir, schemas: new SchemaCompiler(), programVersion: '1'})
  const [entry] = await manager.list()
  const resolved = await manager.resolve('odd/plugin.run')
  const failures = []
  for (const act of [() => manager.prepare(entry.plugin), () => readImageSource(entry.plugin, {sdkDir, cacheDir, programVersion: '1'})]) {
    try {
      if (entry?.state === 'ok') await act()
    } catch (error) {
      failures.push([error.message, ...(error.diagnostics ?? []).map(({message, code}) => code + ': ' + message)].join('; '))
    }
  }
  console.log('done ' + JSON.stringify({state: entry?.state, isFound: resolved.ok, failures}))
}
process.exit()
`

describe.each(Object.entries(kinds))('%s', (_, make) => {
  it('in the place of any file of a plugin is refused or passed over, never read', async () => {
    const bundle = await bundleScript(script)
    const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'odd-files-')))
    onTestFinished(() => rmSync(top, {recursive: true, force: true}))
    const roots = names.map((name, index) => {
      const root = path.join(top, String(index))
      const dir = path.join(root, 'plugins', 'odd')
      writeFiles(dir, {
        'plugin.yaml': manifestText('odd/plugin', '1.0.0', 'main: main.ts'),
        'main.ts': "import './lib.ts'\nimport data from './data.json'\nexport const run = data\n",
        'lib.ts': 'export const lib = 1\n',
        'data.json': '{}',
        'package.json': '{"type": "module"}',
        'tsconfig.json': '{"extends": "./base.json"}',
        'base.json': '{}',
      })
      rmSync(path.join(dir, name), {force: true})
      make(path.join(dir, name))
      return root
    })
    const {line} = runScript(bundle, [top, ...roots])
    const answers: Record<string, unknown> = {}
    for (const name of names) answers[name] = JSON.parse((await line('done ')).slice('done '.length))
    const refused = expect.stringMatching(/is not a regular file|is a link|absolute path|points outside/) as unknown
    expect(answers).toMatchObject({
      'plugin.yaml': {state: 'broken', isFound: false},
      'main.ts': {state: 'broken', isFound: false},
      'package.json': {failures: [refused, refused]},
      'tsconfig.json': {failures: [refused, refused]},
      'base.json': {failures: [refused, refused]},
      '../package.json': {failures: [refused, refused]},
      'lib.ts': {failures: [refused, refused]},
      'data.json': {failures: [refused, refused]},
      Dockerfile: {failures: [refused]},
      '.dockerignore': {failures: [refused]},
      // Left out of the image, or refused as a link.
      'requirements.txt': {state: 'ok'},
      'package-lock.json': {state: 'ok'},
    })
  })
})
