// What is mounted so that this machine's Node.js runs in a container of any image, and that it does with nothing else.

import {execFileSync} from 'node:child_process'
import {mkdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {mountOwnNode, ownFiles} from '../../../src/lib/docker/own-node.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

function made(...names: readonly string[]): string[] {
  const dir = temporaryDir()
  return names.map((name) => {
    writeFileSync(path.join(dir, name), '')
    return path.join(dir, name)
  })
}

it('is started by its own loader, with its own libraries under the names by which they are looked for', () => {
  const [executable = '', real = '', part = '', loader = ''] = made('node', 'libc-2.so', 'undici.js', 'ld-linux-x86-64.so.2')
  const link = path.join(path.dirname(real), 'libc.so.6')
  symlinkSync(real, link)
  expect(mountOwnNode({executable, libraries: [link, loader], parts: [part]}, '/own')).toEqual({
    mounts: [
      {source: executable, target: '/own/node', isReadOnly: true},
      {source: real, target: '/own/lib/libc.so.6', isReadOnly: true},
      {source: loader, target: '/own/lib/ld-linux-x86-64.so.2', isReadOnly: true},
      {source: part, target: part, isReadOnly: true},
    ],
    command: ['/own/lib/ld-linux-x86-64.so.2', '--library-path', '/own/lib', '/own/node'],
  })
})

it.each(['ld-linux-aarch64.so.1', 'ld-musl-x86_64.so.1', 'ld64.so.2', 'ld.so.1'])('knows %s for a loader', (name) => {
  const [executable = '', loader = ''] = made('node', name)
  expect(mountOwnNode({executable, libraries: [loader], parts: []}, '/own').command[0]).toBe(`/own/lib/${name}`)
})

it('is started by itself where it is linked with nothing', () => {
  const [executable = ''] = made('node')
  expect(mountOwnNode({executable, libraries: [], parts: []}, '/own')).toEqual({
    mounts: [{source: executable, target: '/own/node', isReadOnly: true}],
    command: ['/own/node'],
  })
})

it('brings what a distribution has taken out of its executable, without which it does not start', () => {
  const defines = [
    'NODE_OPENSSL_CONF_NAME=nodejs_conf',
    'NODE_SHARED_BUILTIN_CJS_MODULE_LEXER_DIST_LEXER_PATH=/usr/share/nodejs/cjs-module-lexer/dist/lexer.js',
    'NODE_SHARED_BUILTIN_ACORN_PATH="/usr/share/nodejs/acorn/dist/acorn.js"',
    'ICU_NO_USER_DATA_OVERRIDE',
  ]
  const {parts} = ownFiles({defines})
  expect(parts).toEqual(['/usr/share/nodejs/cjs-module-lexer/dist/lexer.js', '/usr/share/nodejs/acorn/dist/acorn.js'])
})

it('is this Node.js, which runs from what is mounted', () => {
  const dir = temporaryDir()
  const files = ownFiles()
  const {mounts, command} = mountOwnNode(files, dir)
  mkdirSync(path.join(dir, 'lib'))
  for (const {source, target} of mounts) {
    expect(statSync(source).isFile()).toBe(true)
    if (target.startsWith(dir)) symlinkSync(source, target)
  }
  const [program, ...args] = command
  const text = execFileSync(program, [...args, '-p', 'process.version'], {env: {}, encoding: 'utf8'})
  expect(text.trim()).toBe(process.version)
})
