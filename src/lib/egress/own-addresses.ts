// The addresses of this machine. Node lists those of interfaces that have a carrier; others answer anyway, and so do ranges that are routed to
// the machine itself: the kernel's table of local addresses has them all. Formats: proc(5), net/ipv4/fib_trie.c, net/ipv6/route.c.

import {readFile} from 'node:fs/promises'
import type {BlockList} from 'node:net'
import {networkInterfaces} from 'node:os'
import path from 'node:path'
import {blockListOf} from '../network/address.ts'

/** RTF_LOCAL of linux/ipv6_route.h. */
const localRoute = 0x80000000

/** Looked up each time: interfaces come and go. @param dir of the kernel's tables */
export async function ownAddresses(dir = '/proc/net'): Promise<BlockList> {
  const [trie, interfaces6, routes6] = await Promise.all(['fib_trie', 'if_inet6', 'ipv6_route'].map((name) => read(path.join(dir, name))))
  return blockListOf([
    ...Object.values(networkInterfaces()).flatMap((list) => list?.map(({address}) => address) ?? []),
    ...localRanges4(trie ?? ''),
    ...lines(interfaces6).flatMap(([address = '']) => range6(address, 128)),
    ...lines(routes6).flatMap(([address = '', length = '', , , , , , , flags = '']) =>
      parseInt(flags, 16) >= localRoute ? range6(address, parseInt(length, 16)) : [],
    ),
  ])
}

/** Of the tables that every packet meets; others are for some packets only, and may call the whole world local. */
function localRanges4(text: string): string[] {
  const found: string[] = []
  let isTable = false
  let address = ''
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) isTable = line === 'Main:' || line === 'Local:'
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address
    const length = /^\s+\/(\d+) \S+ LOCAL/.exec(line)?.[1]
    if (isTable && length !== undefined && length !== '0') found.push(`${address}/${length}`)
  }
  return found
}

/** IPv6 routes do not name their table. */
function range6(digits: string, length: number): string[] {
  const address = /^[0-9a-f]{32}$/.test(digits) ? digits.replace(/.{4}(?!$)/g, '$&:') : undefined
  return address === undefined || length === 0 ? [] : [`${address}/${String(length)}`]
}

function lines(text = ''): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s+/))
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    // Not Linux, or without this family: what Node lists is all there is.
    return undefined
  }
}
