// The forms in which programs write a value: each is hidden as a whole, and none of them leaves a part of the value behind.

import {execFileSync} from 'node:child_process'
import {inspect} from 'node:util'
import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {writtenForms} from '../../../../src/lib/masking/forms/written-forms.ts'

const MASK = '***SECRET***'
const value = `p"a ss'w\\o&<r>d/+é$`

function maskerOf(...values: (string | Buffer)[]): SecretMasker {
  const masker = new SecretMasker()
  for (const one of values) masker.add(one)
  return masker
}

function mask(text: string, ...values: (string | Buffer)[]): string {
  return maskerOf(...values).mask(text)
}

/** Random enough, and the same in every run. */
function keyOf(index: number): Buffer {
  return Buffer.from(Array.from({length: 24}, (_, at) => (Math.imul(index * 31 + at + 1, 2_654_435_761) >>> 13) & 0xff))
}

const json = JSON.stringify(value).slice(1, -1)
const asciiJson = String.raw`p\"a ss'w\\o&<r>d/+\u00e9$`

describe('written forms', () => {
  it.each<[string, string]>([
    ['raw', value],
    ['JSON', json],
    ['JSON of JSON', JSON.stringify(json).slice(1, -1)],
    ['ASCII JSON (Python)', asciiJson],
    ['ASCII JSON, upper case (Java)', asciiJson.replace('00e9', '00E9')],
    ['ASCII JSON of JSON', asciiJson.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)],
    ['HTML-safe JSON (Go)', String.raw`p\"a ss'w\\o\u0026\u003cr\u003ed/+é$`],
    ['HTML-safe JSON, twice', String.raw`p\\\"a ss'w\\\\o\\u0026\\u003cr\\u003ed/+é$`],
    ['JSON of Gson', String.raw`p\"a ss\u0027w\\o\u0026\u003cr\u003ed/+é$`],
    ['JSON of .NET', String.raw`p\u0022a ss\u0027w\\o\u0026\u003Cr\u003Ed/\u002B\u00E9$`],
    ['JSON of PHP', String.raw`p\"a ss'w\\o&<r>d\/+\u00e9$`],
    ['JSON with escaped slashes', String.raw`p\"a ss'w\\o&<r>d\/+é$`],
    ['encodeURIComponent', encodeURIComponent(value)],
    ['encodeURIComponent, lower case', encodeURIComponent(value).replaceAll(/%../g, (found) => found.toLowerCase())],
    ['encodeURIComponent, twice', encodeURIComponent(encodeURIComponent(value))],
    ['encodeURI', encodeURI(value)],
    ['a form', new URLSearchParams({v: value}).toString().slice(2)],
    ['RFC 3986', 'p%22a%20ss%27w%5Co%26%3Cr%3Ed%2F%2B%C3%A9%24'],
    ['RFC 3986, slashes kept (Python)', 'p%22a%20ss%27w%5Co%26%3Cr%3Ed/%2B%C3%A9%24'],
    ['a form of Python', 'p%22a+ss%27w%5Co%26%3Cr%3Ed%2F%2B%C3%A9%24'],
    ['a password in a URL (Go)', 'p%22a%20ss%27w%5Co&%3Cr%3Ed%2F+%C3%A9$'],
    ['percent signs throughout', Array.from(Buffer.from(value), (byte) => `%${byte.toString(16)}`).join('')],
    ['hexadecimal', Buffer.from(value).toString('hex')],
    ['hexadecimal, upper case', Buffer.from(value).toString('hex').toUpperCase()],
    ['hexadecimal escapes', Array.from(Buffer.from(value), (byte) => String.raw`\x${byte.toString(16)}`).join('')],
    ['a dump of bytes', inspect(Buffer.from(value)).slice('<Buffer '.length, -1)],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64 of the line', Buffer.from(`${value}\n`).toString('base64')],
    ['base64url', Buffer.from(value).toString('base64url')],
    ['base64 in a URL', encodeURIComponent(Buffer.from(value).toString('base64'))],
    ['single quotes of a shell', value.replaceAll("'", String.raw`'\''`)],
    ['single quotes in double quotes', value.replaceAll("'", `'"'"'`)],
    ['double quotes of a shell', String.raw`p\"a ss'w\\o&<r>d/+é\$`],
    ['only the double quote escaped', value.replaceAll('"', String.raw`\"`)],
    ['printf %q', String.raw`p\"a\ ss\'w\\o\&\<r\>d/+é\$`],
    [`bash $'…'`, String.raw`p"a ss\'w\\o&<r>d/+é$`],
    [`bash $'…' in the C locale`, String.raw`p"a ss\'w\\o&<r>d/+\303\251$`],
    ['make', value.replaceAll('$', '$$$$')],
    ['backticks of PowerShell', 'p`"a ss\'w\\o&<r>d/+é`$'],
    ['single quotes of PowerShell, SQL and YAML', value.replaceAll("'", "''")],
    ['CSV', value.replaceAll('"', '""')],
    ['XML', `p"a ss'w\\o&amp;&lt;r&gt;d/+é$`],
    ['XML attribute', `p&quot;a ss&apos;w\\o&amp;&lt;r&gt;d/+é$`],
    ['HTML (Python)', `p&quot;a ss&#x27;w\\o&amp;&lt;r&gt;d/+é$`],
    ['HTML (PHP)', `p&quot;a ss&#039;w\\o&amp;&lt;r&gt;d/+é$`],
    ['HTML (Go)', `p&#34;a ss&#39;w\\o&amp;&lt;r&gt;d/&#43;é$`],
    ['HTML with a numbered character', `p&quot;a ss&#39;w\\o&amp;&lt;r&gt;d/+&#233;$`],
    ['inspect()', inspect(value).slice(1, -1)],
    ['inspect() of an object', inspect({v: `${value}\``}).slice(6, -4)],
    ['bytes of Python', String.raw`p"a ss\'w\\o&<r>d/+\xc3\xa9$`],
    ['a trace in a log of JSON', JSON.stringify(value.replaceAll("'", String.raw`'\''`)).slice(1, -1)],
    ['JSON in a page', 'p\\&quot;a ss&#39;w\\\\o&amp;&lt;r&gt;d/+é$'],
    ['JSON in a query', encodeURIComponent(json)],
    ['UTF-16 in base64', Buffer.from(value, 'utf16le').toString('base64')],
  ])('hides %s', (_, form) => {
    expect(mask(`x: ${form} :y`, value)).toBe(`x: ${MASK} :y`)
  })

  it('hides UTF-16', () => {
    const masker = new SecretMasker()
    masker.add(value)
    const text = Buffer.concat([Buffer.from('x', 'utf16le'), Buffer.from(value, 'utf16le'), Buffer.from('y', 'utf16le')])
    expect(masker.maskBytes(text).toString('latin1')).toBe(`x\0${MASK}y\0`)
  })

  it('hides a password in a URL', () => {
    const url = new URL('https://host/')
    url.username = 'user'
    url.password = value
    expect(mask(String(url), value)).toBe(`https://user:${MASK}@host/`)
    expect(mask(`https://user:${encodeURIComponent(value)}@host/`, value)).toBe(`https://user:${MASK}@host/`)
  })

  it('hides what bash writes', () => {
    const quoted = execFileSync('bash', ['-c', `printf %q "$1"; echo; echo "\${1@Q}"; printf '%q\\n' "$2"`, 'x', value, `${value}\tz`], {
      encoding: 'utf8',
    })
    const masked = mask(quoted, value, `${value}\tz`)
    expect(masked.replaceAll(MASK, '#').replaceAll(/[$'\n]/g, '')).toBe('###')
    const trace = execFileSync('bash', ['-c', `exec 2>&1; set -x; : "$1"; echo "$1"`, 'x', value], {encoding: 'utf8'})
    expect(mask(trace, value)).not.toMatch(/ss|w\\|<r>/)
    const lines = 'first line of it\nsecond line of it'
    expect(
      mask(execFileSync('bash', ['-c', `exec 2>&1; set -x; : "$1"; printf '%q' "$1"; echo $1`, 'x', lines], {encoding: 'utf8'}), lines),
    ).not.toContain('line of')
  })

  it('hides base64 at every place in what was encoded', () => {
    for (let index = 0; index < 40; index++) {
      const key = keyOf(index)
      for (const text of [key, Buffer.from(key.toString('hex').slice(0, 25))]) {
        const masker = maskerOf(text)
        for (let before = 0; before <= 5; before++) {
          for (const after of ['', '\n', ':', 'abcde']) {
            const all = Buffer.concat([Buffer.from('user:'.slice(0, before)), text, Buffer.from(after)])
            for (const alphabet of ['base64', 'base64url'] as const) {
              const masked = masker.mask(`x ${all.toString(alphabet)} y`)
              expect(masked).toContain(MASK)
              // At most one character on each side holds bits of the value: those it shares with what stands beside it.
              const around = masked.replace(MASK, '').length - 'x  y'.length
              expect(around).toBeLessThanOrEqual(Math.ceil((before * 8) / 6) + Math.ceil((after.length * 8) / 6) + 3)
              if (before === 0 && (after === '' || after === '\n'))
                expect(masked).toBe(`x ${MASK}${after === '\n' && alphabet === 'base64url' ? masked.slice(14, -2) : ''} y`)
            }
          }
        }
      }
    }
  })

  it('hides base64 in lines of 64 and 76 columns', () => {
    const long = Buffer.from(Array.from({length: 400}, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 11) & 0xff))
    for (const text of [long, Buffer.from(long.toString('base64url'))]) {
      const masker = maskerOf(text)
      for (const width of [64, 76]) {
        for (let before = 0; before < 3; before++) {
          const encoded = Buffer.concat([Buffer.from('ab'.slice(0, before)), text]).toString('base64')
          const lines = encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
          for (const separator of ['\n', '\r\n', '\n    ', String.raw`\n`]) {
            // A line of less than eight characters is not hidden on its own.
            const shortLine = separator.endsWith(' ') ? 7 : 0
            const masked = masker.mask(lines.join(separator))
            expect(masked.replaceAll(MASK, '').replaceAll(/\s|\\n/g, '').length).toBeLessThanOrEqual(before * 2 + shortLine)
          }
        }
      }
    }
  })

  it('looks for no encoded form of less than eight characters', () => {
    for (const short of ['{', 'abc', '12"', '\u00e9\u00e9']) {
      for (const form of writtenForms(Buffer.from(short)).patterns) {
        const isText = Buffer.from(form, 'latin1')
          .toString()
          .includes(short[0] ?? '')
        if (!isText && !/[%&\\]/.test(form)) expect(form.length).toBeGreaterThanOrEqual(8)
      }
    }
    expect(mask('ew== ewo= YWJj 616263', '{', 'abc')).toBe('ew== ewo= YWJj 616263')
  })

  it('hides escaped forms of short values that are hidden themselves', () => {
    expect(mask(String.raw`{"pw":"pa\"ss"}`, 'pa"ss')).toBe(`{"pw":"${MASK}"}`)
  })

  it('hides the inside of a quoted value', () => {
    expect(mask('x long-enough y "long-enough"', '"long-enough"')).toBe(`x ${MASK} y ${MASK}`)
    expect(mask("x 'long-enough' long-enough", "'long-enough'")).toBe(`x ${MASK} ${MASK}`)
    expect(mask('short "short"', '"short"')).toBe(`short ${MASK}`)
  })

  it.each([
    ['the error of a request', 'MyHost-T0kenAB', 'getaddrinfo ENOTFOUND myhost-t0kenab', 'getaddrinfo ENOTFOUND #'],
    ['a URL that was read', 'HTTPS://User:Pw1234@My-Host.Example/Path', 'failed: https://User:Pw1234@my-host.example/Path', 'failed: #'],
    ['a path with an escaped caret', 'abc^def^ghi', '/v1/abc%5Edef%5Eghi', '/v1/#'],
    ['a path with a caret and escaped blanks', 'abc^d f"ghi', '/v1/abc^d%20f%22ghi', '/v1/#'],
    ['cmd, what must be escaped', 'a&b|c(d)e%f', 'echo a^&b^|c(d)e%f', 'echo #'],
    ['cmd, in a batch file', 'a&b|c(d)e%f', 'echo a^&b^|c^(d^)e%%f', 'echo #'],
    ['cmd, all signs', 'a b;c"d', 'echo a^ b^;c^"d', 'echo #'],
    ['a batch file', '100%sure%', 'echo 100%%sure%%', 'echo #'],
    ['a format of printf', 'a&b%c^d', 'printf a&b%%c^d', 'printf #'],
    ['a path with a caret and escaped braces', 'ab^c`d{e', '/v1/ab^c%60d%7Be', '/v1/#'],
    ['a URL in a URL, as strictly as can be', 'a b(c)d', '?u=a%2520b%2528c%2529d', '?u=#'],
    ['base64 of eight characters', 'abcdef', 'x YWJjZGVm y', 'x # y'],
    ['hexadecimal of eight digits', 'wxyz', 'x 7778797a y', 'x # y'],
    ['quotes of nine characters with them', '"inner-7"', 'x inner-7 y', 'x # y'],
  ])('hides a value in %s', (_, secret, text, expected) => {
    expect(mask(text, secret)).toBe(expected.replace('#', MASK))
  })

  it('hides lines and texts of a document from eight characters on', () => {
    expect(mask('x 8-letter y 7-lette', 'first line\n8-letter\n7-lette')).toBe(`x ${MASK} y 7-lette`)
    expect(mask('x eight-ch y seven-c', '{"a": "eight-ch", "b": "seven-c"}')).toBe(`x ${MASK} y seven-c`)
    expect(mask('x inner-78 y "inner-7"', '"inner-78"', '"inner-7"')).toBe(`x ${MASK} y ${MASK}`)
  })

  it('hides what cmd makes of carets', () => {
    expect(mask('x secretvalue y', 'secret^value')).toBe(`x ${MASK} y`)
  })

  describe('of several lines', () => {
    const lines = [
      '-----BEGIN PRIVATE KEY-----',
      keyOf(1).toString('base64'),
      keyOf(2).toString('base64'),
      'short',
      '-----END PRIVATE KEY-----',
    ]
    const pem = `${lines.join('\n')}\n`

    it.each([
      ['as it is', pem, MASK],
      ['without the last line end', pem.trimEnd(), MASK],
      ['with CR and LF', lines.join('\r\n'), MASK],
      ['with CR CR LF', lines.join('\r\r\n'), MASK],
      ['on one line', lines.join(' '), MASK],
      ['with line ends written out', lines.join(String.raw`\n`), MASK],
      ['as JSON', JSON.stringify(pem), `"${MASK}"`],
      ['as JSON of JSON', JSON.stringify(JSON.stringify(pem)), String.raw`"\"${MASK}\""`],
      ['as JSON with CR and LF', JSON.stringify(lines.join('\r\n')), `"${MASK}"`],
      ['in base64', Buffer.from(pem).toString('base64'), MASK],
      ['indented', lines.map((line) => `  ${line}`).join('\n'), `  ${MASK}\n  ${MASK}\n  ${MASK}\n  short\n  ${MASK}`],
      ['with blank lines', lines.join('\n\n'), `${MASK}\n\n${MASK}\n\n${MASK}\n\nshort\n\n${MASK}`],
      ['one line of it', `key: ${lines[1]}`, `key: ${MASK}`],
    ])('are hidden %s', (_, form, expected) => {
      expect(mask(`x ${form} y`, pem)).toBe(`x ${expected}${form === pem && expected.endsWith('\n') ? '\n' : ''} y`)
    })

    it('do not hide what stands on many lines of other texts', () => {
      const document = '{\n  "a": [\n    1\n  ]\n}\n--\n'
      expect(mask('{ x: [ ], y: -- }\n]\n}\n--', document)).toBe('{ x: [ ], y: -- }\n]\n}\n--')
    })
  })

  describe('of a JSON document', () => {
    const document = JSON.stringify(
      {type: 'service', key: keyOf(3).toString('base64'), list: ['also-a-secret', 'short'], pem: 'line one of it\nline two of it', n: 7},
      null,
      2,
    )

    it('hides other layouts', () => {
      const parsed: unknown = JSON.parse(document)
      expect(mask(`x ${JSON.stringify(parsed)} y`, document)).toBe(`x ${MASK} y`)
      expect(mask(`x ${JSON.stringify(parsed).replaceAll(/([,:])(?=["[\d])/g, '$1 ')} y`, document)).toBe(`x ${MASK} y`)
      expect(mask(`x ${JSON.stringify(JSON.stringify(parsed))} y`, document)).toBe(`x "${MASK}" y`)
    })

    it('hides its texts of eight characters or more', () => {
      expect(mask(`${keyOf(3).toString('base64')} also-a-secret short 7`, document)).toBe(`${MASK} ${MASK} short 7`)
      expect(mask('line one of it', document)).toBe(MASK)
      expect(mask(Buffer.from('also-a-secret').toString('base64'), document)).toBe(MASK)
    })

    it('takes any depth and any text that only begins like one', () => {
      const deep = `${'['.repeat(50_000)}"deep-enough"${']'.repeat(50_000)}`
      expect(mask('x deep-enough y', deep)).toBe(`x ${MASK} y`)
      expect(mask('x {not json y', '{not json')).toBe(`x ${MASK} y`)
      expect(mask('x {"__proto__":{"a":"polluted-value"}} y', '{"__proto__": {"a": "polluted-value"}}')).toBe(`x ${MASK} y`)
    })
  })

  it('hides random values in every form, and never throws', () => {
    for (let index = 0; index < 300; index++) {
      const key = keyOf(index)
      const text =
        index % 2 === 0
          ? key.toString('latin1')
          : String.fromCodePoint(...Array.from(key, (byte, at) => (at % 5 === 0 ? 0x1f600 + byte : byte & 0x7f)))
      const trimmed = text.trim()
      const masker = maskerOf(text)
      for (const form of [
        text,
        JSON.stringify(text),
        encodeURIComponent(text),
        Buffer.from(text).toString('base64'),
        Buffer.from(text).toString('hex'),
      ]) {
        const masked = masker.mask(`«${form}»`)
        expect(masked).toContain(MASK)
        expect(masked).not.toContain(trimmed)
        expect(masked.length).toBeLessThan(40)
      }
    }
  })
})
