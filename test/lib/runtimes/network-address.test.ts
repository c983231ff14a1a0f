import {describe, expect, it} from 'vitest'
import {blockListOf, refuseAddress} from '../../../src/lib/runtimes/network-address.ts'

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

  it('of this machine is refused in every form', () => {
    const own = blockListOf(['10.1.2.3', 'fd12::9', 'fe80::5%eth0', 'nonsense'])
    const reason = "one of this machine's addresses"
    expect(['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', 'fd12::9', 'fd12:0::9'].map((each) => refuseAddress(each, own))).toEqual(
      Array.from({length: 5}, () => reason),
    )
    expect(refuseAddress('10.1.2.4', own)).toBeUndefined()
  })
})
