import {readFileSync} from 'node:fs'
import {networkInterfaces} from 'node:os'
import {describe, expect, it} from 'vitest'
import {ownAddresses} from '../../../src/lib/egress/own-addresses.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** As the kernel wrote them for 10.78.0.1 and fd78::1 on an interface without a carrier, and local routes of 10.79.0.0/16 and fd79::/48. */
const tables = {
  fib_trie: `Main:
  +-- 0.0.0.0/1 2 0 2
     +-- 10.78.0.0/15 2 0 2
        +-- 10.78.0.0/24 2 0 2
           +-- 10.78.0.0/31 1 0 0
              |-- 10.78.0.0
                 /24 link UNICAST
              |-- 10.78.0.1
                 /32 host LOCAL
           |-- 10.78.0.255
              /32 link BROADCAST
        |-- 10.79.0.0
           /16 host LOCAL
     |-- 10.80.0.0
        /24 link UNICAST
Local:
  +-- 0.0.0.0/1 2 0 2
     |-- 0.0.0.0
        /0 host LOCAL
     |-- 10.81.0.1
        /32 host LOCAL
Id 100:
  +-- 0.0.0.0/0 2 0 2
     |-- 0.0.0.0
        /0 host LOCAL
     |-- 10.82.0.1
        /32 host LOCAL
`,
  if_inet6: 'fd780000000000000000000000000001 03 40 00 c0       v0\n00000000000000000000000000000001 01 80 10 80       lo\n',
  ipv6_route: [
    'fd780000000000000000000000000000 40 Z 00 Z 00000100 00000001 00000000 00000001       v0',
    '00000000000000000000000000000000 00 Z 00 Z ffffffff 00000001 00000000 00200200       lo',
    '00000000000000000000000000000000 00 Z 00 Z 00000400 00000001 00000000 80000001       lo',
    'fd790000000000000000000000000000 30 Z 00 Z 00000400 00000001 00000000 80000001       lo',
    'ff000000000000000000000000000000 08 Z 00 Z 00000100 00000002 00000000 00000001       v0',
    '',
  ]
    .join('\n')
    .replaceAll('Z', '0'.repeat(32)),
}

describe('the addresses of this machine', () => {
  it('include those of interfaces without a carrier, and ranges that are routed to it', async () => {
    const own = await ownAddresses(writeFiles(temporaryDir(), tables))
    const yes = ['10.78.0.1', '10.79.0.1', '10.79.255.7', '10.81.0.1']
    const no = ['10.78.0.2', '10.78.0.255', '10.80.0.1', '10.82.0.1', '8.8.8.8']
    expect([...yes, ...no].filter((address) => own.check(address, 'ipv4'))).toEqual(yes)
    const yes6 = ['fd78::1', 'fd79::', 'fd79:0:0:ffff::9', '::1']
    const no6 = ['fd78::2', 'fd79:0:1::1', 'ff02::1', '2606:4700::1111']
    expect([...yes6, ...no6].filter((address) => own.check(address, 'ipv6'))).toEqual(yes6)
  })

  it('are as the kernel tells, and as Node does where the kernel does not', async () => {
    const listed = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    for (const dir of ['/proc/net', '/no/such/directory']) {
      const own = await ownAddresses(dir)
      expect(listed.filter(({address, family}) => !own.check(address, family === 'IPv4' ? 'ipv4' : 'ipv6'))).toEqual([])
      expect(own.check('93.184.216.34', 'ipv4')).toBe(false)
    }
    const kernel = [...readFileSync('/proc/net/fib_trie', 'utf8').matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(
      ([, address]) => address ?? '',
    )
    const own = await ownAddresses()
    expect(kernel.filter((address) => !own.check(address, 'ipv4'))).toEqual([])
  })
})
