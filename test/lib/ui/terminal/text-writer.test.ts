import {readFileSync} from 'node:fs'
import path from 'node:path'
import {PassThrough} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {FileOutput} from '../../../../src/lib/ui/terminal/file-output.ts'
import {TextWriter} from '../../../../src/lib/ui/terminal/text-writer.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

describe('TextWriter', () => {
  test('hands many small writes on as one', async () => {
    const stream = new PassThrough()
    const writer = new TextWriter(stream)
    for (let index = 0; index < 100; index++) writer.write(`${String(index)}\n`)
    await writer.flush()
    expect(stream.writableLength + stream.readableLength).toBe(290)
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.end()
    await new Promise((resolve) => stream.on('end', resolve))
    expect(chunks).toHaveLength(1)
  })

  test('waits for a reader that is slow, and loses nothing', async () => {
    const stream = new PassThrough({highWaterMark: 1024})
    const writer = new TextWriter(stream)
    let isFlushed = false
    writer.write('x'.repeat(200_000))
    writer.write('y'.repeat(200_000))
    const flushed = writer.flush().then(() => {
      isFlushed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isFlushed).toBe(false)
    let received = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
    })
    await flushed
    expect(received).toBe('x'.repeat(200_000) + 'y'.repeat(200_000))
  })

  test('goes quiet when the reader is gone, and lets nobody wait for it', async () => {
    const stream = new PassThrough({highWaterMark: 1})
    const writer = new TextWriter(stream)
    writer.write('x'.repeat(100_000))
    const waiting = [writer.ready(), writer.flush()]
    stream.destroy(Object.assign(new Error('write EPIPE'), {code: 'EPIPE'}))
    await Promise.all(waiting)
    expect(writer.isClosed).toBe(true)
    expect(writer.failure).toBeUndefined()
    writer.write('more')
    await writer.flush()
  })

  test('remembers a failure that is not the reader going away', async () => {
    const stream = new PassThrough()
    const writer = new TextWriter(stream)
    stream.destroy(Object.assign(new Error('no space'), {code: 'ENOSPC'}))
    await writer.flush()
    await new Promise((resolve) => setImmediate(resolve))
    expect(writer.failure?.message).toBe('no space')
  })

  test('stops a producer soon after `| head` has seen enough, in little memory', {timeout: 60_000}, async () => {
    const script = await bundleScript(`
      import {TextWriter} from 'src/lib/ui/terminal/text-writer.ts'
      const writer = new TextWriter(process.stdout)
      let count = 0
      for (; !writer.isClosed && count < 5_000_000; count++) {
        writer.write('line ' + count + '\\n')
        await writer.ready()
      }
      await writer.flush()
      process.exitCode = count < 5_000_000 && writer.failure === undefined ? 0 : 3
    `)
    const child = runScript(script, [], {readLines: 1})
    expect(await child.line('')).toBe('line 0')
    expect(await child.exit).toEqual({code: 0, signal: null, stderr: ''})
  })
})

describe('FileOutput', () => {
  test('has written when it returns', () => {
    const file = path.join(temporaryDir(), 'events.ndjson')
    const output = new FileOutput(file)
    output.write('zwölf\n')
    expect(readFileSync(file, 'utf8')).toBe('zwölf\n')
    output.close()
  })

  test('says which file cannot be written', () => {
    const file = path.join(temporaryDir(), 'missing', 'events.ndjson')
    expect(() => new FileOutput(file)).toThrow(expect.objectContaining({code: 'USAGE', message: `cannot write to ${file} (ENOENT)`}))
  })

  test.runIf(process.platform === 'linux')('tells its writer of a full disk', async () => {
    const output = new FileOutput('/dev/full')
    const writer = new TextWriter(output)
    writer.write('x')
    await writer.flush()
    expect(writer.failure).toMatchObject({code: 'ENOSPC'})
    output.close()
  })
})
