import {describe, expect, it} from 'vitest'
import {normalizePath} from '../../../src/lib/network/path.ts'
import {parseAbsoluteTarget, parseConnectTarget, parseOriginTarget, printable} from '../../../src/lib/network/target.ts'

describe('a path', () => {
  it.each([
    ['/', '/'],
    ['/a/b/', '/a/b/'],
    ['/%61%2Db', '/a-b'],
    ['/a%20b%c3%a9', '/a%20b%C3%A9'],
    ["/a!$&'()*+,=:@b", "/a!$&'()*+,=:@b"],
    ['/.well-known/..x', '/.well-known/..x'],
  ])('%s is read as %s', (path, normal) => {
    expect(normalizePath(path)).toBe(normal)
  })

  it.each([
    ...['/a/../b', '/a/..', '/a/./b', '/.', '/%2e%2e/b', '/a/.%2E/b', '//', '//a', '/a//b', '/a//'],
    ...['/a%2fb', '/a%2Fb', '/a\\b', '/a%5cb', '/a%5C..%5Cb', '/a%252fb', '/a%25', '/a%', '/a%2', '/a%zz'],
    ...[
      '/a;b',
      '/..;/b',
      '/a%3bb',
      '/a%00b',
      '/a%0ab',
      '/a%7f',
      '/a%c0%ae',
      '/a%ff',
      '/a%ef%bc%8fb',
      '/%e2%80%a5/b',
      '/%ef%bc%8e%ef%bc%8e/b',
    ],
    ...['a', '', '/a b', '/a\tb', '/a"b', '/a<b', '/a^b', '/a|b', '/a?b', '/a#b', '/é'],
  ])('%s has no one reading', (path) => {
    expect(normalizePath(path)).toBeUndefined()
  })
})

describe('the target of a request', () => {
  it('is taken apart', () => {
    expect(parseAbsoluteTarget('https://api.test:8443/a//b?x=/../#'.slice(0, -1))).toEqual({
      scheme: 'https',
      host: 'api.test',
      port: 8443,
      path: '/a//b',
      query: '?x=/../',
    })
    expect(parseAbsoluteTarget('http://[fd00::5]')).toEqual({scheme: 'http', host: 'fd00::5', port: 80, path: '/', query: ''})
    expect(parseAbsoluteTarget('http://api.test?x')).toEqual({scheme: 'http', host: 'api.test', port: 80, path: '/', query: '?x'})
    expect(parseOriginTarget('/a?b')).toEqual({path: '/a', query: '?b'})
    expect(parseConnectTarget('api.test:443')).toEqual({host: 'api.test', port: 443})
    expect(parseConnectTarget('[fd00::5]:443')).toEqual({host: 'fd00::5', port: 443})
  })

  it.each([
    ...['/path', '*', 'api.test:443', '//api.test/', 'ftp://api.test/', 'HTTPS://api.test/', 'https:/api.test/', 'https:///'],
    ...['https://a@api.test/', 'https://evil.test#api.test', 'https://api.test\\evil.test/', 'https://api.test./', 'https://API.test/'],
    ...['https://api%2etest/', 'https://аpi.test/', 'https://api.test:0443/', 'https://api.test:/', 'https://api.test:99999/'],
    ...['http://0x7f.1/', 'http://2130706433/', 'http://127.1/', 'http://0177.0.0.1/', 'http://[::FFFF:7f00:1]/', 'http://[fe80::1%25lo]/'],
    ...[
      'http://[0:0:0:0:0:0:0:1]/',
      'http://::1/',
      'https://api.test/a b',
      'https://api.test/a#b',
      'https://api.test/\u00e9',
      'https://api.test/\t',
    ],
  ])('%s is refused in the absolute form', (text) => {
    expect(parseAbsoluteTarget(text)).toBeUndefined()
  })

  it.each([
    'api.test',
    'api.test:',
    'api.test:443/',
    'https://api.test:443',
    'a@api.test:443',
    'API.test:443',
    'api.test.:443',
    ':443',
    '[::1%lo]:443',
    '[api.test]:443',
  ])('%s is refused by CONNECT', (text) => {
    expect(parseConnectTarget(text)).toBeUndefined()
  })

  it('is shown without control characters and not at full length', () => {
    expect(printable('a\u001b[31m\n\u00e9')).toBe('a?[31m??')
    expect(printable('x'.repeat(300))).toHaveLength(201)
  })
})
