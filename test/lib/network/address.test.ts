import {describe, expect, it} from 'vitest'
import {blockListOf, refuseAddress} from '../../../src/lib/network/address.ts'

describe('an address', () => {
  it.each([
    ['127.0.0.1', 'a loopback address'],
    ['127.255.255.254', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['0.0.0.0', 'an unspecified address'],
    ['::', 'an unspecified address'],
    ['169.254.1.1', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['fe80::1%eth0', 'a link-local address'],
    ['169.254.169.254', 'a cloud metadata address'],
    ['100.100.100.200', 'a cloud metadata address'],
    ['168.63.129.16', 'a cloud metadata address'],
    ['fd00:ec2::254', 'a cloud metadata address'],
    ['224.0.0.251', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'a reserved address'],
    ['::ffff:127.0.0.1', 'a loopback address'],
    ['::ffff:7f00:1', 'a loopback address'],
    ['0:0:0:0:0:ffff:169.254.169.254', 'a cloud metadata address'],
    ['::127.0.0.1', 'a loopback address'],
    ['::ffff:0:127.0.0.1', 'a loopback address'],
    ['64:ff9b::127.0.0.1', 'a loopback address'],
    ['64:ff9b::a9fe:a9fe', 'a cloud metadata address'],
    ['64:ff9b:1::127.0.0.1', 'a loopback address'],
    ['2002:7f00:1::', 'a loopback address'],
    ['2001:0:7f00:1::', 'a loopback address'],
    ['2001:0:101:101::80ff:fffe', 'a loopback address'],
    ['64:ff9b::', 'an unspecified address'],
    // The same address behind prefixes of 32, 40, 48, 56, 64 and 96 bits.
    ['64:ff9b:a9fe:a9fe::', 'a cloud metadata address'],
    ['64:ff9b:1a9:fea9:fe::', 'a cloud metadata address'],
    ['64:ff9b:1:a9fe:a9:fe00::', 'a cloud metadata address'],
    ['64:ff9b:1:a9:fe:a9fe::', 'a cloud metadata address'],
    ['64:ff9b:1:2:a9:fea9:fe00:0', 'a cloud metadata address'],
    ['64:ff9b:1:2:3:4:a9fe:a9fe', 'a cloud metadata address'],
    ['64:ff9b:1:7f00:0:100::', 'a loopback address'],
    ['fd12::5efe:127.0.0.1', 'a loopback address'],
    ['2a01:db8::200:5efe:a9fe:a9fe', 'a cloud metadata address'],
    ['2a01:db8::300:5efe:127.0.0.1', 'a loopback address'],
    ['localhost', 'not an address'],
    ['', 'not an address'],
  ])('%s is %s', (address, reason) => {
    expect(refuseAddress(address)).toBe(reason)
  })

  it.each([
    '1.1.1.1',
    '10.0.0.5',
    '172.17.0.2',
    '192.168.1.1',
    '100.64.0.1',
    'fd12::1',
    '2606:4700::1111',
    '::ffff:10.0.0.5',
    '64:ff9b::101:101',
    '64:ff9b:1:808:8:800::',
    '64:ff9b:1:a00:0:500::',
    '2a01:db8::200:5efe:101:101',
    '2a01:db8::1:5efe:127.0.0.1',
  ])('%s may be reached', (address) => {
    expect(refuseAddress(address)).toBeUndefined()
  })

  it.each([
    ['a loopback address', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['an unspecified address', '0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
    ['an unspecified address', '::', '::', undefined, undefined],
    ['an unspecified address', '::2', '::ff', undefined, undefined],
    ['a link-local address', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
    ['a link-local address', 'fe80::', 'febf:ffff::ffff', 'fe7f:ffff::', undefined],
    ['a link-local address', 'fec0::', 'feff:ffff::ffff', undefined, undefined],
    ['a multicast address', '224.0.0.0', '239.255.255.255', '223.255.255.255', undefined],
    ['a multicast address', 'ff00::', 'ffff:ffff::ffff', undefined, undefined],
    ['a reserved address', '240.0.0.0', '255.255.255.255', undefined, undefined],
    ['a reserved address', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
    ['a reserved address', '100::', '100::ffff:ffff:ffff:ffff', '00ff::', '100:0:0:1::'],
    ['a cloud metadata address', '169.254.170.2', '169.254.170.2', undefined, undefined],
    ['a cloud metadata address', '192.0.0.192', '192.0.0.192', undefined, undefined],
    ['a cloud metadata address', 'fd00:ec2::', 'fd00:ec2:ffff::ffff', 'fd00:ec1:ffff::', 'fd00:ec3::'],
    ['a cloud metadata address', 'fd20:ce::254', 'fd20:ce::254', 'fd20:ce::253', 'fd20:ce::255'],
    ['a cloud metadata address', 'fd00:c1::a9fe:a9fe', 'fd00:c1::a9fe:a9fe', 'fd00:c1::a9fe:a9fd', 'fd00:c1::a9fe:a9ff'],
    ['a cloud metadata address', 'fd00:42::42', 'fd00:42::42', 'fd00:42::41', 'fd00:42::43'],
    ['a cloud metadata address', 'fd00:a9fe:a9fe::1', 'fd00:a9fe:a9fe::1', 'fd00:a9fe:a9fe::', 'fd00:a9fe:a9fe::2'],
    ['a cloud metadata address', 'fd00:100::100:200', 'fd00:100::100:200', 'fd00:100::100:199', 'fd00:100::100:201'],
  ])('%s: %s to %s, and what stands beside them is not', (reason, first, last, before, after) => {
    expect([refuseAddress(first), refuseAddress(last)]).toEqual([reason, reason])
    for (const each of [before, after]) if (each !== undefined) expect(refuseAddress(each), each).toBeUndefined()
  })

  it('of this machine is refused in every form', () => {
    const own = blockListOf(['10.1.2.3', 'fd12::9', 'fe80::5%eth0', 'nonsense'])
    const reason = "one of this machine's addresses"
    expect(['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', 'fd12::9', 'fd12:0::9'].map((each) => refuseAddress(each, own))).toEqual(
      Array.from({length: 5}, () => reason),
    )
    expect(refuseAddress('10.1.2.4', own)).toBeUndefined()
  })
})
