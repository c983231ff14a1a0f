import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {expect, test} from 'vitest'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {FileOutput} from '../../../../src/lib/ui/terminal/file-output.ts'
import {TextWriter} from '../../../../src/lib/ui/terminal/text-writer.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

function fifo(): string {
  const file = path.join(temporaryDir(), 'pipe')
  execFileSync('mkfifo', [file])
  return file
}

function refusal(file: string): WorkflowError {
  try {
    new FileOutput(file).close()
  } catch (error) {
    if (error instanceof WorkflowError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

test('a file is replaced, and holds what was written before the call returns', () => {
  const file = path.join(temporaryDir(), 'a.ndjson')
  writeFileSync(file, 'something longer that was there before')
  const output = new FileOutput(file)
  expect(output.write('one\n')).toBe(true)
  expect(output.write('zwölf\n')).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('one\nzwölf\n')
  output.close()
})

test('a new file is for its owner only: events may hold what tasks printed', () => {
  const file = path.join(temporaryDir(), 'a.ndjson')
  const before = process.umask(0)
  try {
    new FileOutput(file).close()
  } finally {
    process.umask(before)
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a named pipe that nobody reads is refused at once', () => {
  const file = fifo()
  expect(refusal(file)).toMatchObject({code: 'USAGE', message: `cannot write to ${file}: no program reads from it`})
})

test('a directory and a missing directory are refused', () => {
  const dir = temporaryDir()
  expect(refusal(dir).message).toBe(`cannot write to ${dir} (EISDIR)`)
  expect(refusal(path.join(dir, 'no', 'file')).message).toContain('(ENOENT)')
})

test('a device may be written', () => {
  const output = new FileOutput('/dev/null')
  expect(output.write('x')).toBe(true)
  output.close()
})

test('a slow reader of a named pipe gets everything, and holds up nothing', {timeout: 30_000}, async () => {
  const file = fifo()
  const reader = spawn('sh', ['-c', 'exec 3<"$0"; echo open; read go; cat <&3', file], {stdio: ['pipe', 'pipe', 'inherit']})
  // The shell opens the pipe when there is somebody at its other end: that end is opened here, too.
  const early = spawn('sh', ['-c', 'exec 3>"$0"; read go', file], {stdio: ['pipe', 'ignore', 'inherit']})
  expect(String((await once(reader.stdout, 'data'))[0])).toBe('open\n')
  const output = new FileOutput(file)
  early.stdin.end()
  await once(early, 'exit')
  const writer = new TextWriter(output)
  const line = `${'x'.repeat(999)}\n`
  for (let nth = 0; nth < 1000; nth++) writer.write(line)
  expect(output.write('last\n')).toBe(false)
  reader.stdin.end('go\n')
  const [received] = await Promise.all([text(reader.stdout), writer.flush().then(() => output.close())])
  expect(received.length).toBe(1_000_005)
  expect(writer.failure).toBeUndefined()
})

test('a reader of a named pipe that goes away is no failure', {timeout: 30_000}, async () => {
  const file = fifo()
  const reader = spawn('head', ['-n', '1', file], {stdio: ['ignore', 'pipe', 'inherit']})
  let output: FileOutput | undefined
  while (output === undefined) {
    try {
      output = new FileOutput(file)
    } catch {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const writer = new TextWriter(output)
  writer.write('one\n')
  await writer.flush()
  await once(reader, 'exit')
  writer.write('two\n')
  await writer.flush()
  expect(writer.isClosed).toBe(true)
  expect(writer.failure).toBeUndefined()
  output.close()
})
