// The canary can fail: every form of a planted secret is found, and nothing else is.

import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {expectNoLeaks, filesBelow, findLeaks, writtenForms} from './canary.ts'
import {temporaryDir} from './temporary-dir.ts'

const secret = 'p"a ss\'w\\o&<r>d/+é$-%'

/** What a leak looks like, made by other means than the rig's. */
const plants: Readonly<Record<string, (value: string) => string | Buffer>> = {
  raw: (value) => `x${value}x`,
  JSON: (value) => JSON.stringify({deep: [value]}),
  'JSON twice': (value) => JSON.stringify({text: JSON.stringify({value})}),
  'base64 shifted by 0': (value) => Buffer.from(`${value}\n`).toString('base64'),
  'base64 shifted by 1': (value) => Buffer.from(`:${value}`).toString('base64'),
  'base64 shifted by 2': (value) => Buffer.from(`u:${value} and more`).toString('base64'),
  'base64 in lines': (value) =>
    (
      Buffer.from(`x-access-token:${value}`)
        .toString('base64')
        .match(/.{1,20}/g) ?? []
    ).join('\n'),
  'xxd -p': (value) =>
    (
      Buffer.from(`xy${value}`)
        .toString('hex')
        .match(/.{1,30}/g) ?? []
    ).join('\n'),
  'hexdump -C': (value) =>
    `00000000  ${[...Buffer.from(value).subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}  |`,
  'characters of a dump': (value) => `|${value.slice(3, 15)}..|`,
  'base64url shifted by 1': (value) => Buffer.from(`user:xy${value}?`).toString('base64url'),
  hex: (value) => [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  HEX: (value) => [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(''),
  URI: (value) => `https://user:${encodeURIComponent(value)}@host/`,
  uri: (value) =>
    [...Buffer.from(value)]
      .map((byte) => (/[A-Za-z0-9'-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16)}`))
      .join(''),
  'UTF-16LE': (value) => Buffer.from(`a${value}b`, 'utf16le'),
  'UTF-16LE in base64': (value) => Buffer.from(value, 'utf16le').toString('base64'),
}

describe('the canary', () => {
  it.each(Object.keys(plants))('finds a planted secret as %s', (form) => {
    const planted = plants[form]?.(secret) ?? ''
    expect(findLeaks({KEY: secret}, {clean: 'nothing here', dirty: planted})).toContain(`${form} of KEY in dirty`)
    expect(findLeaks({KEY: secret}, {clean: 'nothing here', dirty: planted}).filter((leak) => leak.endsWith('clean'))).toEqual([])
  })

  it('knows every form it promises', () => {
    expect([...writtenForms(secret).keys()].sort()).toEqual(
      [...Object.keys(plants), 'base64url shifted by 0', 'base64url shifted by 2'].sort(),
    )
  })

  it('finds what stands in any file of a home, however deep and however binary', () => {
    const home = temporaryDir()
    mkdirSync(path.join(home, 'a', 'b'), {recursive: true})
    writeFileSync(path.join(home, 'autokestra.db'), '')
    writeFileSync(
      path.join(home, 'a', 'b', 'autokestra.db-wal'),
      Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(secret), Buffer.from([0])]),
    )
    expect(Object.keys(filesBelow(home))).toHaveLength(2)
    expect(() => {
      expectNoLeaks({KEY: secret}, home, {})
    }).toThrow('raw of KEY in')
    expect(() => {
      expectNoLeaks({KEY: 'another secret'}, home, {stdout: 'it is another secret'})
    }).toThrow('raw of KEY in stdout')
    expectNoLeaks({KEY: 'another secret'}, home, {stdout: 'no secret'})
  })

  it('does not pass where nothing was searched', () => {
    expect(() => {
      expectNoLeaks({KEY: secret}, temporaryDir(), {})
    }).toThrow('a database was searched')
  })
})
