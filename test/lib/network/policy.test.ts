import {describe, expect, it} from 'vitest'
import {decideRequest, decideTunnel, type EgressTarget} from '../../../src/lib/network/policy.ts'
import {rule} from '../../rig/egress.ts'

const api: EgressTarget = {scheme: 'https', host: 'api.test', port: 443}
const decide = (rules: string[], target: EgressTarget, path: string): unknown => decideRequest(rules.map(rule), target, path)
const tunnel = (rules: string[], host: string, port = 443): unknown => decideTunnel(rules.map(rule), host, port)

describe('a request', () => {
  it('to a host that is granted as a whole keeps its path, whatever it is', () => {
    expect(decide(['https://api.test'], api, '/a//..%2fb')).toEqual({isAllowed: true, path: '/a//..%2fb', isPathBound: false})
  })

  it('to a granted path passes in the form it was judged in', () => {
    expect(decide(['https://api.test/repos/*'], api, '/repos/%61')).toEqual({isAllowed: true, path: '/repos/a', isPathBound: true})
    expect(decide(['https://api.test/exact'], api, '/exact')).toMatchObject({isAllowed: true})
  })

  it.each([
    ['another path', 'https://api.test/repos/acme/*', '/user', 'no rule grants this path', 'https://api.test/user'],
    ['what only starts alike', 'https://api.test/exact', '/exact/more', 'no rule grants this path', 'https://api.test/exact/more'],
    ['the directory of a prefix', 'https://api.test/repos/*', '/repos', 'no rule grants this path', 'https://api.test/repos'],
    ['other letters', 'https://api.test/repos/*', '/Repos/', 'no rule grants this path', 'https://api.test/Repos/'],
    ['dots', 'https://api.test/repos/acme/*', '/repos/acme/../../user', 'more than one way', 'https://api.test'],
    ['escaped dots', 'https://api.test/repos/acme/*', '/repos/acme%2f..%2f..', 'more than one way', 'https://api.test'],
    [
      'a path that is too long for advice',
      'https://api.test/repos/*',
      `/${'a'.repeat(200)}`,
      'no rule grants this path',
      'https://api.test',
    ],
    ['a star, which would mean more in a rule', 'https://api.test/repos/*', '/user*', 'no rule grants this path', 'https://api.test'],
  ])('with %s is refused', (_what, text, path, reason, allowingRule) => {
    expect(decide([text], api, path)).toEqual({isAllowed: false, reason: expect.stringContaining(reason) as string, allowingRule})
  })

  it.each([
    ['another host', {...api, host: 'evil.test'}, 'no rule grants this host', 'https://evil.test/x'],
    ['a look-alike', {...api, host: 'api.test.evil.com'}, 'no rule grants this host', 'https://api.test.evil.com/x'],
    ['a longer name', {...api, host: 'xapi.test'}, 'no rule grants this host', 'https://xapi.test/x'],
    ['another port', {...api, port: 8443}, 'on another port', 'https://api.test:8443/x'],
    ['another scheme on its port', {...api, scheme: 'http', port: 443}, 'not granted over http', 'http://api.test:443/x'],
    ['plain HTTP', {...api, scheme: 'http', port: 80}, 'on another port', 'http://api.test/x'],
    ['an address', {...api, host: '93.184.216.34'}, 'rules for names never do', 'https://93.184.216.34/x'],
    ['an IPv6 address', {...api, host: 'fd00::5'}, 'rules for names never do', 'https://[fd00::5]/x'],
  ] as const)('to %s is refused, with the rule that would allow it', (_what, target, reason, allowingRule) => {
    expect(decide(['https://api.test'], target, '/x')).toEqual({
      isAllowed: false,
      reason: expect.stringContaining(reason) as string,
      allowingRule,
    })
  })

  it.each(['127.0.0.1', '169.254.169.254', '::1', 'localhost'])('to %s is refused without advice: no rule can grant it', (host) => {
    expect(decide(['https://api.test'], {...api, host}, '/x')).not.toHaveProperty('allowingRule')
  })

  it('is not refused by one rule when another one grants it', () => {
    expect(decide(['https://api.test/a', 'https://*.test/b/*', 'http://api.test'], api, '/b/c')).toMatchObject({isAllowed: true})
  })

  it.each([
    ['a.example.test', true],
    ['b.a.example.test', true],
    ['example.test', false],
    ['notexample.test', false],
    ['example.test.evil.com', false],
  ])('to %s below a wildcard: %s', (host, isAllowed) => {
    expect(decide(['https://*.example.test'], {...api, host}, '/')).toMatchObject({isAllowed})
  })

  it('to an address passes no wildcard, but a rule that names it', () => {
    const target = {...api, host: '10.0.0.5'}
    expect(decide(['https://*'], target, '/')).toMatchObject({isAllowed: false})
    expect(decide(['https://10.0.0.5'], target, '/')).toMatchObject({isAllowed: true})
    expect(decide(['https://*'], api, '/')).toMatchObject({isAllowed: true})
  })
})

describe('a tunnel', () => {
  it('leads to hosts that are granted as a whole', () => {
    expect(tunnel(['https://api.test'], 'api.test')).toEqual({isAllowed: true, carries: 'tls'})
    expect(tunnel(['https://*.test:8443'], 'api.test', 8443)).toEqual({isAllowed: true, carries: 'tls'})
  })

  it('is refused, never widened, when only paths are granted', () => {
    expect(tunnel(['https://api.test/repos/*'], 'api.test')).toEqual({
      isAllowed: false,
      reason: 'only some paths of this host are granted, and a tunnel hides the path',
      allowingRule: 'https://api.test',
    })
  })

  it('over plain HTTP is looked into, request by request', () => {
    expect(tunnel(['http://api.test/a'], 'api.test', 80)).toEqual({isAllowed: true, carries: 'http'})
  })

  it('to anything else is refused', () => {
    expect(tunnel(['https://api.test'], 'evil.test')).toMatchObject({
      isAllowed: false,
      reason: 'no rule grants this host',
      allowingRule: 'https://evil.test',
    })
    expect(tunnel(['https://api.test'], 'api.test', 80)).toMatchObject({isAllowed: false, allowingRule: 'http://api.test'})
    expect(tunnel(['https://api.test'], 'api.test', 22)).toMatchObject({isAllowed: false, allowingRule: 'https://api.test:22'})
    expect(tunnel([], 'api.test')).toMatchObject({isAllowed: false})
  })
})
