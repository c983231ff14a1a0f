import {describe, expect, it} from 'vitest'
import {isWholeHost, parseNetworkRule} from '../../../src/lib/network/rule.ts'

function parsed(text: string): unknown {
  const result = parseNetworkRule(text)
  if (!result.ok) return result.message
  const {scheme, host, isWildcard, port, path, isPathPrefix} = result.rule
  return `${scheme} ${isWildcard ? '*' : ''}${host} ${String(port)} ${path}${isPathPrefix ? '*' : ''}`
}

describe('a network rule', () => {
  it.each([
    ['https://api.example.com', 'https api.example.com 443 /*'],
    ['https://api.example.com/*', 'https api.example.com 443 /*'],
    ['https://api.example.com/', 'https api.example.com 443 /'],
    ['https://api.example.com/v1/items', 'https api.example.com 443 /v1/items'],
    ['https://api.example.com/v1/*', 'https api.example.com 443 /v1/*'],
    ['https://api.example.com/%61%2d*', 'https api.example.com 443 /a-*'],
    ['http://intranet:8080', 'http intranet 8080 /*'],
    ['https://*.example.com', 'https *example.com 443 /*'],
    ['https://*', 'https * 443 /*'],
    ['https://*:8443/x', 'https * 8443 /x'],
    ['https://API.Example.COM', 'https api.example.com 443 /*'],
    ['https://bücher.example', 'https xn--bcher-kva.example 443 /*'],
    ['https://10.0.0.5:8443', 'https 10.0.0.5 8443 /*'],
    ['https://[fd00::5]/a', 'https fd00::5 443 /a'],
    ['https://my_host.example', 'https my_host.example 443 /*'],
  ])('%s is read as %s', (text, expected) => {
    expect(parsed(text)).toBe(expected)
  })

  it.each([
    ['api.example.com', 'has no scheme'],
    ['*', 'has no scheme'],
    ['ftp://example.com', 'http or https'],
    ['HTTPS://example.com', 'in lower case'],
    ['https://user@example.com', 'no user name'],
    ['https://example.com?a=1', 'no query'],
    ['https://example.com/#x', 'no query and no fragment'],
    ['https://', 'the host or its port'],
    ['https://example.com.', 'the host or its port'],
    ['https://example..com', 'the host or its port'],
    ['https://-a.example', 'the host or its port'],
    ['https://example.com:0', 'the host or its port'],
    ['https://example.com:65536', 'the host or its port'],
    ['https://example.com:', 'the host or its port'],
    ['https://exa mple.com', 'the host or its port'],
    ['https://example.com\\@evil.com', 'no user name'],
    ['https://example.com\\.evil.com', 'the host or its port'],
    ['https://0x7f.1', 'the host or its port'],
    ['https://2130706433', 'the host or its port'],
    ['https://010.0.0.1', 'the host or its port'],
    ['https://[fd00::0:5]', 'the host or its port'],
    ['https://[fe80::1%25eth0]', 'the host or its port'],
    ['https://a.*.example.com', 'first labels'],
    ['https://*example.com', 'first labels'],
    ['https://**.example.com', 'first labels'],
    ['https://*.10.0.0.1', 'before a name'],
    ['https://localhost', 'never granted'],
    ['https://a.localhost:8080', 'never granted'],
    ['https://127.0.0.1', 'loopback address'],
    ['https://[::1]', 'loopback address'],
    ['http://169.254.169.254', 'cloud metadata'],
    ['http://[fd00:ec2::254]', 'cloud metadata'],
    ['http://0.0.0.0', 'unspecified'],
    ['https://example.com/a/*/b', 'only at the end of a path'],
    ['https://example.com/a/../b', 'ambiguous'],
    ['https://example.com//a', 'ambiguous'],
    ['https://example.com/a%2fb', 'ambiguous'],
    ['https://example.com/a;b', 'ambiguous'],
    [`https://example.com/${'a'.repeat(3000)}`, 'at most'],
  ])('%s is refused', (text, reason) => {
    expect(parsed(text)).toContain(reason)
  })

  it('grants the whole host only without a path, or with one that is a star', () => {
    const whole = (text: string): boolean => {
      const result = parseNetworkRule(text)
      return result.ok && isWholeHost(result.rule)
    }
    expect(['https://a.test', 'https://a.test/*', 'https://a.test/', 'https://a.test/x*'].map(whole)).toEqual([true, true, false, false])
  })
})
