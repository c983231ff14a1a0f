import {PassThrough} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {describe, expect, it} from 'vitest'
import {splitOutputs} from '../../../../src/lib/docker/api/streams.ts'

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

describe('the two outputs of one connection', () => {
  const whole = Buffer.concat([frame(1, 'out 1 ä'), frame(2, 'err 1'), frame(1, ''), frame(1, 'out 2'), frame(2, 'err 2')])

  it.each([1, 2, 7, 8, 9, 13, 1000])('come apart whatever pieces they arrive in (%i bytes)', async (size) => {
    const connection = new PassThrough()
    const {stdout, stderr, receivedBytes} = splitOutputs(connection)
    for (let at = 0; at < whole.length; at += size) connection.write(whole.subarray(at, at + size))
    connection.end()
    const texts = await Promise.all([buffer(stdout), buffer(stderr)])
    expect(texts.map(String)).toEqual(['out 1 äout 2', 'err 1err 2'])
    expect(receivedBytes()).toBe(whole.length)
  })

  it('end when the connection breaks', async () => {
    const connection = new PassThrough()
    const {stdout, stderr} = splitOutputs(connection)
    connection.write(frame(1, 'begun').subarray(0, 10))
    setImmediate(() => connection.destroy(new Error('reset')))
    expect((await Promise.all([buffer(stdout), buffer(stderr)])).map(String)).toEqual(['be', ''])
  })

  it('are not read faster than somebody takes them', async () => {
    const connection = new PassThrough({highWaterMark: 1024})
    const {stdout, stderr} = splitOutputs(connection)
    stderr.resume()
    const piece = frame(1, 'x'.repeat(16 * 1024))
    let written = 0
    while (connection.write(piece) && written < 1000) written++
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      while (!connection.writableNeedDrain && written < 1000 && connection.write(piece)) written++
    }
    expect(written).toBeLessThan(50)
    connection.end()
    expect((await buffer(stdout)).length % (16 * 1024)).toBe(0)
  })

  it('go on when one of them is not wanted', async () => {
    const connection = new PassThrough()
    const {stdout, stderr} = splitOutputs(connection)
    stdout.destroy()
    for (let count = 0; count < 100; count++) connection.write(frame(1, 'x'.repeat(10_000)))
    connection.end(frame(2, 'heard'))
    expect((await buffer(stderr)).toString()).toBe('heard')
  })
})
