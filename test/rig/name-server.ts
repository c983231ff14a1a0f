// A name server on loopback, by UDP. It knows addresses of a few names, stays silent for others, and remembers what it was asked.

import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {isIP} from 'node:net'
import {onTestFinished} from 'vitest'

export interface TestNameServer {
  /** As resolvers take it. */
  readonly address: string
  /** `A name` and `AAAA name`, in the order in which they came. */
  readonly asked: string[]
}

/** Name -> addresses, `silent`, or families that are not answered. What is not listed does not exist. */
export type Names = Readonly<Record<string, readonly string[] | 'silent' | {readonly only: readonly string[]}>>

const types: Readonly<Record<number, string>> = {1: 'A', 28: 'AAAA'}

/** Closed after the test. */
export async function startNameServer(names: Names): Promise<TestNameServer> {
  const asked: string[] = []
  const server = createSocket('udp4')
  server.on('message', (query, from) => {
    const {name, type, end} = readQuestion(query)
    asked.push(`${types[type] ?? String(type)} ${name}`)
    const known = names[name]
    if (known === 'silent') return
    const family = type === 28 ? 6 : 4
    const isOnly = known !== undefined && 'only' in known
    const addresses = (isOnly ? known.only : (known ?? [])).filter((address) => isIP(address) === family)
    if (isOnly && addresses.length === 0) return
    const header = Buffer.from(query.subarray(0, 12))
    // An answer, recursion desired and available; name error when there is no such name.
    header.writeUInt16BE(0x8180 | (known === undefined ? 3 : 0), 2)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    const records = addresses.map((address) => {
      const data = bytesOf(address)
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length])
      return Buffer.concat([record, data])
    })
    server.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return {address: `127.0.0.1:${String(server.address().port)}`, asked}
}

function readQuestion(query: Buffer): {name: string; type: number; end: number} {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return {name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5}
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [first, last] = [groups(head), groups(tail)]
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]))
}
