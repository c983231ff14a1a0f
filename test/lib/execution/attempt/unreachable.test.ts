// What programs of many kinds print when they go past the gateway of their container, and what looks like it and is not.

import {describe, expect, it} from 'vitest'
import {OutputTail} from '../../../../src/lib/execution/attempt/output-tail.ts'
import {findUnreachable} from '../../../../src/lib/execution/attempt/unreachable.ts'
import {rule} from '../../../rig/egress.ts'

const rules = [rule('https://granted.test/v1/*'), rule('https://*.wide.test')]

describe('a program that went past the gateway', () => {
  it.each([
    ['Node', 'getaddrinfo EAI_AGAIN api.test', 'https://api.test'],
    ['c-ares', 'queryA ECONNREFUSED api.test', 'https://api.test'],
    ['an address', 'connect ENETUNREACH 1.1.1.1:80 - Local (0.0.0.0:0)', 'http://1.1.1.1'],
    ['another port', 'connect ENETUNREACH 1.1.1.1:8443 - Local (0.0.0.0:0)', 'https://1.1.1.1:8443'],
    ['curl', 'curl: (6) Could not resolve host: api.test', 'https://api.test'],
    ['wget', 'wget: unable to resolve host address ‘api.test’', 'https://api.test'],
    ['busybox', "wget: bad address 'api.test'", 'https://api.test'],
    ['Go', 'Get "https://api.test": dial tcp: lookup api.test on 127.0.0.1:53: read: connection refused', 'https://api.test'],
    ['ssh', 'ssh: Could not resolve hostname api.test: Temporary failure in name resolution', 'https://api.test'],
  ])('is known by the complaint of %s', (_name, complaint, allowing) => {
    const advice = `; permissions.network would allow it with '${allowing}'`
    expect(findUnreachable(`first\n${complaint}\n`, [])).toEqual({reason: `this task is granted no network${advice}`, isLogged: false})
    expect(findUnreachable(complaint, rules)?.reason).toMatch(/^no rule grants .*; permissions\.network would allow it/)
  })

  it.each(['[Errno -3] Temporary failure in name resolution', 'OSError: [Errno 101] Network is unreachable'])(
    'is told what to write in general where the complaint names no host: %s',
    (complaint) => {
      expect(findUnreachable(complaint, [])?.reason).toBe(
        "this task is granted no network; name what it may reach under permissions.network, as 'https://HOST/PATH/*'",
      )
    },
  )

  it.each([
    ['asked for a granted name: another rule would not help', 'getaddrinfo EAI_AGAIN granted.test'],
    ['asked for a name that a wildcard grants', 'getaddrinfo EAI_AGAIN a.wide.test'],
    ['was let through, and the machine could not connect', 'The connection to granted.test:443 failed: getaddrinfo EAI_AGAIN api.test'],
    ['failed for something else', 'lookup table: no such key; bad address of the customer; connect ECONNREFUSED 127.0.0.1:80'],
  ])('is not one that %s', (_name, complaint) => {
    expect(findUnreachable(complaint, rules)).toBeUndefined()
  })

  it('costs time that grows with the text alone, whatever the text is', () => {
    for (const piece of ['The connection to ', 'Refused: GET ', 'dial tcp: lookup a on ', 'getaddrinfo EAI_', 'x']) {
      expect(findUnreachable(piece.repeat(300_000 / piece.length), rules)).toBeUndefined()
    }
  })
})

describe('the end of an output', () => {
  it.each([1, 7, 8191, 8192, 8193, 30_000])('is kept, in slices of %i bytes', (size) => {
    const tail = new OutputTail()
    let text = ''
    for (let index = 0; index < 3 + 20_000 / size; index++) {
      const slice = String.fromCharCode(97 + (index % 26)).repeat(size)
      text += slice
      tail.push(Buffer.from(slice))
      if (index < 3) expect(tail.text).toBe(text.slice(-8192))
    }
    expect(tail.text).toBe(text.slice(-8192))
  })

  it('is empty when there was none', () => {
    expect(new OutputTail().text).toBe('')
  })
})
