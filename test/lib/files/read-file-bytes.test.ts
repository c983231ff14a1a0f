import {execFile, execFileSync} from 'node:child_process'
import {chmodSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {readFileBytes} from '../../../src/lib/files/read-file-bytes.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

it('reads a file as it is, and no more than a little beyond the limit', async () => {
  const file = path.join(temporaryDir(), 'f')
  const bytes = Buffer.from(Array.from({length: 300_000}, (_, index) => index % 251))
  writeFileSync(file, bytes)
  expect((await readFileBytes(file, 300_000)).equals(bytes)).toBe(true)
  const {length} = await readFileBytes(file, 100_000)
  expect(length).toBeGreaterThan(100_000)
  expect(length).toBeLessThan(200_000)
})

it('reads a pipe to its end, however slowly it is written', async () => {
  const pipe = path.join(temporaryDir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = execFile('sh', ['-c', `exec 3<>${pipe}; echo ready; read go; printf one >&3; sleep 0.1; printf two >&3`])
  await new Promise((resolve) => writer.stdout?.once('data', resolve))
  const read = readFileBytes(pipe, 1000)
  writer.stdin?.end('go\n')
  expect((await read).toString()).toBe('onetwo')
})

it('does not wait for a pipe that nobody writes to', async () => {
  const pipe = path.join(temporaryDir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  expect(await readFileBytes(pipe, 1000)).toHaveLength(0)
})

it('stops at the limit of what has no end', async () => {
  expect((await readFileBytes('/dev/zero', 100_000)).length).toBeGreaterThan(100_000)
})

it('says why a file cannot be read', async () => {
  const directory = temporaryDir()
  writeFileSync(path.join(directory, 'f'), '')
  chmodSync(path.join(directory, 'f'), 0)
  await expect(readFileBytes(directory, 10)).rejects.toMatchObject({
    code: 'DOCUMENT_UNREADABLE',
    message: `file "${directory}" is a directory`,
  })
  await expect(readFileBytes(path.join(directory, 'no'), 10)).rejects.toMatchObject({message: expect.stringMatching(/does not exist$/)})
  await expect(readFileBytes(path.join(directory, 'f', 'g'), 10)).rejects.toMatchObject({message: expect.stringMatching(/does not exist$/)})
  if (process.getuid?.() === 0) return
  await expect(readFileBytes(path.join(directory, 'f'), 10)).rejects.toMatchObject({message: expect.stringMatching(/permission denied$/)})
})
