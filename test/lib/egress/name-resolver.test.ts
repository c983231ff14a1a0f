// Names are looked up at a real name server, one on loopback that can be slow.

import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {EgressProxy} from '../../../src/lib/egress/egress-proxy.ts'
import {NameResolver, type NameResolverOptions} from '../../../src/lib/egress/name-resolver.ts'
import {exchange, proxyRequest, rule, startServer} from '../../rig/egress.ts'
import {startNameServer, type Names, type TestNameServer} from '../../rig/name-server.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

async function open(names: Names, more: NameResolverOptions = {}): Promise<{resolver: NameResolver; server: TestNameServer}> {
  const server = await startNameServer(names)
  const resolver = new NameResolver({servers: [server.address], hostsFile: '/no/such/file', ...more})
  onTestFinished(() => {
    resolver.close()
  })
  return {resolver, server}
}

const message = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  )

describe('a name', () => {
  it('stands for its addresses of both families', async () => {
    const {resolver} = await open({'api.test': ['10.1.2.3', '10.1.2.4', 'fd00::7'], 'six.test': ['fd00::8']})
    expect(await resolver.resolve('api.test')).toEqual([
      {address: '10.1.2.3', family: 4},
      {address: '10.1.2.4', family: 4},
      {address: 'fd00::7', family: 6},
    ])
    expect(await resolver.resolve('six.test')).toEqual([{address: 'fd00::8', family: 6}])
  })

  it('is itself and no other: search domains do not apply', async () => {
    const {LOCALDOMAIN} = process.env
    // What resolv.conf names by `search`.
    process.env['LOCALDOMAIN'] = 'corp.test'
    onTestFinished(() => {
      if (LOCALDOMAIN === undefined) delete process.env['LOCALDOMAIN']
      else process.env['LOCALDOMAIN'] = LOCALDOMAIN
    })
    const {resolver, server} = await open({'intranet.corp.test': ['10.0.0.1'], 'api.test.corp.test': ['10.0.0.1']})
    expect(await message(resolver.resolve('intranet'))).toBe('the name intranet has no address')
    expect(await message(resolver.resolve('api.test'))).toBe('the name api.test has no address')
    expect(new Set(server.asked)).toEqual(new Set(['A intranet', 'AAAA intranet', 'A api.test', 'AAAA api.test']))
  })

  it('that the hosts file lists is not asked for; the file is read again when it has changed', async () => {
    const hostsFile = path.join(temporaryDir(), 'hosts')
    writeFileSync(hostsFile, '# 10.9.9.9 api.test\n10.1.1.1 Other.test API.test # api2.test\nfd00::1\tapi.test\nnonsense api.test\n')
    const {resolver, server} = await open({'api2.test': ['10.2.2.2']}, {hostsFile})
    expect(await resolver.resolve('api.test')).toEqual([
      {address: '10.1.1.1', family: 4},
      {address: 'fd00::1', family: 6},
    ])
    expect(server.asked).toEqual([])
    expect(await resolver.resolve('api2.test')).toEqual([{address: '10.2.2.2', family: 4}])
    writeFileSync(hostsFile, '10.3.3.3 api2.test and.others.test\n')
    expect(await resolver.resolve('api2.test')).toEqual([{address: '10.3.3.3', family: 4}])
  })

  it('of which one family is never answered has the addresses of the other', async () => {
    const {resolver, server} = await open({'four.test': {only: ['10.0.0.4']}, 'six.test': {only: ['fd00::6']}}, {timeoutMs: 60_000})
    expect(await resolver.resolve('four.test')).toEqual([{address: '10.0.0.4', family: 4}])
    expect(await resolver.resolve('six.test')).toEqual([{address: 'fd00::6', family: 6}])
    // Nobody has waited for so long that it was asked again.
    expect(server.asked.sort()).toEqual(['A four.test', 'A six.test', 'AAAA four.test', 'AAAA six.test'])
  })

  it('that no server answers for is given up in time', async () => {
    const {resolver} = await open({'slow.test': 'silent'}, {timeoutMs: 200})
    expect(await message(resolver.resolve('slow.test'))).toBe('no name server answered for slow.test in time')
  })
})

describe('the name resolver of one task', () => {
  it('does not make its neighbours wait: a name server that is silent for many names holds nobody else up', async () => {
    const names: Record<string, 'silent' | string[]> = {'good.test': ['10.0.0.1']}
    const slow = Array.from({length: 40}, (_, index) => `slow${String(index)}.test`)
    for (const name of slow) names[name] = 'silent'
    const {resolver, server} = await open(names, {timeoutMs: 60_000, lookups: 40})
    let settled = 0
    const waiting = slow.map((name) => message(resolver.resolve(name)).finally(() => settled++))
    await expect.poll(() => server.asked.length, {timeout: 20_000}).toBeGreaterThanOrEqual(40)
    const neighbour = new NameResolver({servers: [server.address], hostsFile: '/no/such/file'})
    expect(await neighbour.resolve('good.test')).toHaveLength(1)
    expect(settled).toBe(0)
    resolver.close()
    await Promise.all(waiting)
    expect(settled).toBe(40)
  })

  it('looks up a few names at a time, and one name once', async () => {
    const {resolver, server} = await open({'a.test': 'silent', 'b.test': 'silent'}, {timeoutMs: 60_000, lookups: 2})
    const waiting = ['a.test', 'b.test', 'a.test'].map((name) => message(resolver.resolve(name)))
    expect(await message(resolver.resolve('c.test'))).toBe('more than 2 names are being looked up at once')
    await expect.poll(() => server.asked.length, {timeout: 20_000}).toBeGreaterThanOrEqual(2)
    resolver.close()
    expect(new Set(await Promise.all(waiting))).not.toContain('more than 2 names are being looked up at once')
    expect(server.asked.every((each) => !each.includes('c.test'))).toBe(true)
  })

  it('is what a gateway asks, within the limits of the gateway', async () => {
    const web = await startServer()
    const names = await startNameServer({'api.test': ['127.0.0.1'], 'slow.test': 'silent'})
    const proxy = new EgressProxy({
      directory: temporaryDir(),
      limits: {lookupMs: 200},
      dial: {reachable: ['127.0.0.1'], names: {servers: [names.address], hostsFile: '/no/such/file'}},
    })
    onTestFinished(() => proxy.close())
    const rules = ['api', 'slow', 'none'].map((name) => rule(`http://${name}.test:${String(web.port)}`))
    const gateway = await proxy.open({rules}, {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, onRefused: () => undefined})
    const get = (name: string): Promise<string> =>
      exchange(path.join(gateway.mount.source, 'egress.sock'), proxyRequest(`http://${name}.test:${String(web.port)}/`))
    expect(await get('api')).toContain('hello')
    expect(await get('slow')).toMatch(/^HTTP\/1.1 502 [^]*no name server answered for slow\.test in time/)
    expect(await get('none')).toMatch(/^HTTP\/1.1 502 [^]*the name none\.test has no address/)
  })
})
