// What one turn of the event loop gives to streams, counted.

import {Readable} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {FairReader, sliceBytes, sliceLines} from '../../../src/lib/util/fair-reader.ts'

function streamOf(chunks: readonly Buffer[]): Readable {
  return Readable.from(chunks, {objectMode: false})
}

async function ended(stream: Readable, reader: FairReader): Promise<void> {
  await new Promise((resolve) => stream.once('close', resolve))
  await reader.drained()
}

/** Keeps the event loop for a while. */
function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('a fair reader', () => {
  it('hands out everything in order, in slices of so many bytes and lines', async () => {
    const chunks = [Buffer.alloc(100_000, 'x'), Buffer.alloc(5000, '\n'), Buffer.from('a\nb'), Buffer.alloc(70_000, 'y\n')]
    const slices: Buffer[] = []
    const stream = streamOf(chunks)
    const reader = new FairReader(stream, (slice) => {
      slices.push(Buffer.from(slice))
      work(1)
      return true
    })
    await ended(stream, reader)
    expect(Buffer.concat(slices).equals(Buffer.concat(chunks))).toBe(true)
    expect(Math.max(...slices.map(({length}) => length))).toBeLessThanOrEqual(sliceBytes)
    expect(Math.max(...slices.map((slice) => slice.toString().split('\n').length - 1))).toBeLessThanOrEqual(sliceLines)
  })

  it('lets others work after a few slices, however many streams there are', async () => {
    let turns = 0
    let isOver = false
    const tick = (): void => {
      turns++
      if (!isOver) setImmediate(tick)
    }
    setImmediate(tick)
    let slicesInTurn = 0
    let turn = 0
    let most = 0
    const readings = Array.from({length: 8}, () => {
      const stream = streamOf([Buffer.alloc(20 * sliceBytes)])
      const reader = new FairReader(stream, () => {
        slicesInTurn = turn === turns ? slicesInTurn + 1 : 1
        turn = turns
        most = Math.max(most, slicesInTurn)
        work(4)
        return false
      })
      return ended(stream, reader)
    })
    await Promise.all(readings)
    isOver = true
    // Without a budget all 160 come in one turn.
    expect(turns).toBeGreaterThan(20)
    expect(most).toBeLessThanOrEqual(8)
  })

  it('goes on in the middle of a slice that is taken in steps, and releases what nobody needs', async () => {
    const chunk = Buffer.from(new ArrayBuffer(30_000))
    const steps: string[] = []
    const stream = new Readable({read: () => undefined})
    const reader = new FairReader(stream, function* (slice) {
      for (let step = 0; step < 3; step++) {
        steps.push(`${slice.length}.${step}`)
        work(8)
        yield
      }
      return false
    })
    stream.push(chunk)
    stream.push(null)
    await ended(stream, reader)
    expect(steps).toEqual(['16384.0', '16384.1', '16384.2', '13616.0', '13616.1', '13616.2'])
    expect(chunk.length).toBe(0)
  })

  it('hands out nothing after it was closed, and lets the stream go on', async () => {
    const stream = streamOf([Buffer.alloc(10 * sliceBytes)])
    let slices = 0
    let onFirst: () => void = () => undefined
    const first = new Promise<void>((resolve) => (onFirst = resolve))
    const reader = new FairReader(stream, () => {
      slices++
      work(20)
      onFirst()
      return true
    })
    await first
    // One, or two where this turn had no time left and the next one began with it.
    const handedOut = slices
    expect(handedOut).toBeLessThan(10)
    reader.close()
    await ended(stream, reader)
    expect(slices).toBe(handedOut)
  })
})
