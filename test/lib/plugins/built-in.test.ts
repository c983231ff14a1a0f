// Protocol builtin: for the plugins that come with the program, and for no others.

import path from 'node:path'
import {expect, it} from 'vitest'
import {managerOf, manifestText, writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const origins = ['project', 'user', 'bundled'] as const

function paths(top: string): string[] {
  return origins.map((origin) => path.join(top, origin))
}

function write(top: string, origin: (typeof origins)[number], id: string, more = 'protocol: builtin'): void {
  writeFiles(path.join(top, origin, id.replace('/', '-')), {'plugin.yaml': manifestText(id, '1.0.0', more)})
}

it('is accepted of a plugin of the program', async () => {
  const top = temporaryDir()
  write(top, 'bundled', 'core/own')
  const manager = managerOf(paths(top), path.join(top, 'cache'))
  expect(await manager.resolve('core/own.run')).toMatchObject({ok: true, plugin: {manifest: {protocol: 'builtin'}}})
})

it.each([
  ['project', 'acme/own'],
  ['user', 'core/own'],
  ['bundled', 'acme/own'],
] as const)(
  'is refused of a plugin of %s called %s, with its position, also when the manifest comes from the cache',
  async (origin, id) => {
    const top = temporaryDir()
    write(top, origin, id)
    for (let time = 0; time < 2; time += 1) {
      const manager = managerOf(paths(top), path.join(top, 'cache'))
      const resolution = await manager.resolve(`${id}.run`)
      expect(resolution).toMatchObject({
        ok: false,
        failure: {
          code: 'invalid-plugin',
          errorCode: 'PLUGIN_INVALID',
          message: expect.stringContaining('protocol builtin is only for the plugins that come with the program') as unknown,
          hint: 'use protocol sdk with main, plain with command, or exec',
          diagnostics: [{code: 'builtin-refused', line: 4, column: 11}],
        },
      })
    }
  },
)

it('starts no program, so it names none', async () => {
  const top = temporaryDir()
  write(top, 'bundled', 'core/own', 'protocol: builtin\nmain: index.js\nworker: reuse')
  writeFiles(path.join(top, 'bundled', 'core-own'), {'index.js': ''})
  const [entry] = await managerOf(paths(top), path.join(top, 'cache')).list()
  expect(entry?.diagnostics.map(({code, message}) => [code, message])).toEqual([
    ['main-with-builtin', 'main cannot be combined with protocol builtin: it starts no program'],
    ['reuse-without-sdk', 'worker reuse requires protocol sdk: with the others, a process ends after one task'],
  ])
})
