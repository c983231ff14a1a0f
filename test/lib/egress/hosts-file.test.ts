import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {keepHostsFile, writeHostsFile} from '../../../src/lib/egress/hosts-file.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

it('holds what a container calls itself, then the names it is given', () => {
  const file = path.join(temporaryDir(), 'hosts')
  writeHostsFile(file, ['a.test:127.0.1.1', 'b.test:::2'])
  expect(readFileSync(file, 'utf8')).toBe(
    '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\ta.test\n::2\tb.test\n',
  )
})

it('is kept for all containers without names of their own, whatever the umask', () => {
  const dir = path.join(temporaryDir(), 'not', 'there')
  const umask = process.umask(0o077)
  const file = keepHostsFile(dir) ?? ''
  process.umask(umask)
  expect(statSync(file).mode & 0o777).toBe(0o444)
  const {ino} = statSync(file)
  expect(keepHostsFile(dir)).toBe(file)
  expect(statSync(file).ino).toBe(ino)
  expect(readdirSync(dir)).toEqual([path.basename(file)])
})

it('is made anew when somebody has changed it', () => {
  const dir = temporaryDir()
  const file = keepHostsFile(dir) ?? ''
  chmodSync(file, 0o644)
  writeFileSync(file, '10.0.0.1\tlocalhost\n')
  expect(keepHostsFile(dir)).toBe(file)
  expect(readFileSync(file, 'utf8')).toContain('127.0.0.1\tlocalhost\n')
})

it('is done without where it cannot be made', () => {
  const dir = temporaryDir()
  writeFileSync(path.join(dir, 'file'), '')
  mkdirSync(path.join(dir, 'container-hosts'))
  expect(keepHostsFile(path.join(dir, 'file'))).toBeUndefined()
  expect(keepHostsFile(dir)).toBeUndefined()
})
