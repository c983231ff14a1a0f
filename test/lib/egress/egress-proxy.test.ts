import {chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {removeLeftDirectories} from '../../../src/lib/egress/socket-directory.ts'
import {egressNames} from '../../../src/lib/egress/local-names.ts'
import {EgressProxy} from '../../../src/lib/egress/egress-proxy.ts'
import {identifyProcess} from '../../../src/lib/util/process-identity.ts'
import {connectTo, rule} from '../../rig/egress.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const context = {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, onRefused: () => undefined}

function openProxy(directory: string): EgressProxy {
  const proxy = new EgressProxy({directory})
  onTestFinished(() => proxy.close())
  return proxy
}

describe('the directory of a gateway', () => {
  it('is nobody else’s, and holds the socket only', async () => {
    const gateway = await openProxy(temporaryDir()).open({rules: []}, context)
    const {source, target, isReadOnly} = gateway.mount
    expect([target, isReadOnly, readdirSync(source)]).toEqual(['/run/autokestra', true, ['egress.sock']])
    expect([path.dirname(source), source, path.join(source, 'egress.sock')].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o700, 0o700, 0o600,
    ])
  })

  it.runIf(process.getuid?.() === 0)('belongs to the user of the container', async () => {
    const gateway = await openProxy(temporaryDir()).open({rules: []}, {...context, uid: 65_534, gid: 65_534})
    expect([gateway.mount.source, path.join(gateway.mount.source, 'egress.sock')].map((each) => statSync(each).uid)).toEqual([
      65_534, 65_534,
    ])
  })

  it('stands where the path of a socket is short enough', async () => {
    const deep = path.join(temporaryDir(), 'd'.repeat(100))
    mkdirSync(deep)
    const gateway = await openProxy(deep).open({rules: []}, context)
    expect(gateway.mount.source).toMatch(/^\/tmp\/autokestra-egress-/)
    await connectTo(path.join(gateway.mount.source, 'egress.sock'))
  })

  it('is removed when its owner was killed, also while it was removing it, and only then', async () => {
    const parent = temporaryDir()
    const gateway = await openProxy(parent).open({rules: []}, context)
    const alive = path.basename(path.dirname(gateway.mount.source))
    const {pid, startTime, system} = identifyProcess()
    const name = (start: string): string => `autokestra-egress-${pid.toString(36)}.${Number(start).toString(36)}.${system}-`
    expect(alive).toMatch(name(startTime))
    mkdirSync(path.join(parent, `${name('1')}abcdef`, 'gateway'), {recursive: true})
    // Nothing was left in it when the owner died.
    mkdirSync(path.join(parent, `${name('2')}abcdef`))
    const others = ['autokestra-egress-x', 'other', `${name('1')}abcdef.more`]
    for (const other of others) mkdirSync(path.join(parent, other))
    await removeLeftDirectories(parent)
    expect(readdirSync(parent).sort()).toEqual([alive, ...others].sort())
  })

  it.runIf(process.getuid?.() === 0)('of another user is left alone, and not looked into', async () => {
    const parent = temporaryDir()
    const foreign = `autokestra-egress-1.1.${identifyProcess().system}-abcdef`
    mkdirSync(path.join(parent, foreign))
    chownSync(path.join(parent, foreign), 65_534, 65_534)
    await removeLeftDirectories(parent)
    expect(readdirSync(parent)).toEqual([foreign])
  })

  it('has beside it a hosts file with the names of the grant, which users of containers can read', async () => {
    const gateway = await openProxy(temporaryDir()).open({rules: [rule('https://a.test'), rule('http://b.test')]}, context)
    expect(readFileSync(gateway.hostsFile, 'utf8').split('\n')).toEqual([
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      '127.0.1.1\ta.test',
      '127.0.1.2\tb.test',
      '',
    ])
    expect(statSync(gateway.hostsFile).mode & 0o777).toBe(0o444)
  })

  it('is gone at once when its owner has to leave at once', async () => {
    const parent = temporaryDir()
    const proxy = openProxy(parent)
    await Promise.all([1, 2].map(() => proxy.open({rules: []}, context)))
    proxy.killNow()
    expect(readdirSync(parent)).toEqual([])
  })

  it('is gone with the proxy', async () => {
    const proxy = openProxy(temporaryDir())
    const gateways = await Promise.all([1, 2, 3].map(() => proxy.open({rules: []}, context)))
    expect(new Set(gateways.map(({mount}) => mount.source)).size).toBe(3)
    await proxy.close()
    expect(gateways.filter(({mount}) => existsSync(path.dirname(mount.source)))).toEqual([])
  })
})

describe('the names in a container', () => {
  it('are those of the rules, each with an address of its own', () => {
    const rules = ['https://a.test', 'http://a.test/x', 'https://b.test:8443/x/*', 'https://*.c.test', 'https://*', 'https://10.0.0.5'].map(
      rule,
    )
    expect(egressNames(rules)).toEqual({
      hosts: ['a.test:127.0.1.1', 'b.test:127.0.1.2'],
      forward: '127.0.0.1:3128,127.0.1.1:443=a.test:443,127.0.1.1:80=a.test:80,127.0.1.2:8443=b.test:8443',
    })
  })

  it('may be many', () => {
    const {hosts} = egressNames(Array.from({length: 600}, (_, index) => rule(`https://h${String(index)}.test`)))
    expect(new Set(hosts.map((entry) => entry.split(':')[1])).size).toBe(600)
    expect(hosts.at(-1)).toBe('h599.test:127.0.3.92')
  })
})
