// Which addresses a task may never reach over the network, whatever name it asks for. Pure: knows classes of addresses, not the machine.

import {BlockList, isIP} from 'node:net'

/** Why an address is refused: a noun phrase that fits after "is". */
export type AddressClass =
  | 'a loopback address'
  | 'an unspecified address'
  | 'a link-local address'
  | 'a multicast address'
  | 'a reserved address'
  | 'a cloud metadata address'
  | "one of this machine's addresses"
  | 'not an address'

/** Ranges from the IANA special-purpose registries; metadata services outside of link-local space as their providers document them. */
const refusedRanges: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['a loopback address', ['127.0.0.0/8', '::1/128']],
  ['an unspecified address', ['0.0.0.0/8', '::/128']],
  [
    'a cloud metadata address',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::/32',
      'fd20:ce::254/128',
      'fd00:c1::a9fe:a9fe/128',
      'fd00:42::42/128',
      'fd00:a9fe:a9fe::1/128',
      'fd00:100::100:200/128',
    ],
  ],
  ['a link-local address', ['169.254.0.0/16', 'fe80::/10', 'fec0::/10']],
  ['a multicast address', ['224.0.0.0/4', 'ff00::/8']],
  ['a reserved address', ['240.0.0.0/4', '192.0.0.0/24', '100::/64']],
]

type RefusedLists = readonly (readonly [AddressClass, BlockList])[]

let refusedLists: RefusedLists | undefined

/** Made when the first address is judged: that costs milliseconds, and most workflows name no address. */
function listRefused(): RefusedLists {
  refusedLists ??= refusedRanges.map(([reason, ranges]) => [reason, blockListOf(ranges)] as const)
  return refusedLists
}

/**
 * Why nothing may connect to `address`, or undefined when it may. Private ranges (10/8, fc00::/7 and the like) may: intranets are real.
 * An IPv6 address that carries an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP) is judged by both.
 * @param own addresses of this machine, which answer like its loopback does
 */
export function refuseAddress(address: string, own?: BlockList): AddressClass | undefined {
  // A zone only names the interface.
  const plain = address.replace(/%.*$/, '')
  if (isIP(plain) === 0) return 'not an address'
  const refused = listRefused()
  for (const each of [plain, ...embeddedAddresses(plain)]) {
    const family = isIP(each) === 4 ? 'ipv4' : 'ipv6'
    for (const [reason, list] of refused) if (list.check(each, family)) return reason
    if (own?.check(each, family) === true) return "one of this machine's addresses"
  }
  return undefined
}

/** `10.0.0.0/8` or single addresses -> a set of them. Entries that are not addresses are left out. */
export function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.replace(/%[^/]*/, '').split('/')
    const version = isIP(address)
    if (version === 0) continue
    list.addSubnet(address, prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix), version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** The IPv4 addresses to which packets for an IPv6 address may be delivered. RFC 4291 2.5.5, RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 5214. */
function embeddedAddresses(address: string): string[] {
  if (isIP(address) !== 6) return []
  const groups = groupsOf(address)
  const at = (index: number): number => groups[index] ?? 0
  const isZero = (end: number): boolean => groups.slice(0, end).every((group) => group === 0)
  const quad = (index: number, mask = 0): string =>
    [at(index) ^ mask, at(index + 1) ^ mask].map((group) => `${String(group >> 8)}.${String(group & 255)}`).join('.')
  if (isZero(5) && (at(5) === 0xffff || at(5) === 0)) return [quad(6)]
  if (isZero(4) && at(4) === 0xffff && at(5) === 0) return [quad(6)]
  if (at(0) === 0x64 && at(1) === 0xff9b) return translatedAddresses(groups)
  if (at(0) === 0x2002) return [quad(1)]
  if (at(0) === 0x2001 && at(1) === 0) return [quad(2), quad(6, 0xffff)]
  // Any prefix; two bits of the interface's number say that it is global, or of a group.
  if ((at(4) & ~0x300) === 0 && at(5) === 0x5efe) return [quad(6)]
  return []
}

/** Where the IPv4 address begins, in bytes, for each length of the prefix. Byte 8 is left out. RFC 6052 section 2.2. */
const translatedPositions = [4, 5, 6, 7, 9, 12]

/** By every length that a translator may have been given, but for readings as 0.0.0.0/8, which are the gaps of the others. */
function translatedAddresses(groups: readonly number[]): string[] {
  const bytes = groups.flatMap((group) => [group >> 8, group & 255])
  const readings = translatedPositions.map((position) => {
    const rest = bytes.filter((_, index) => index >= position && (index !== 8 || position === 12))
    return rest.slice(0, 4).join('.')
  })
  const real = readings.filter((reading) => !reading.startsWith('0.'))
  return real.length > 0 ? real : readings.slice(-1)
}

/** The eight groups. The URL parser writes every valid address in one form: compressed, without dots. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const numbers = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const first = numbers(head)
  if (tail === undefined) return first
  const last = numbers(tail)
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
}
