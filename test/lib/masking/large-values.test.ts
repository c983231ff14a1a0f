// Values up to the megabyte that `secrets set` takes: hidden in the forms that large values are written in, at a cost that grows with their length.

import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import {writtenForms} from '../../../src/lib/masking/forms/written-forms.ts'
import {randomOf} from '../../rig/random.ts'

const MASK = '***SECRET***'
const random = randomOf(7)
const key = (length: number) => Buffer.from(Array.from({length}, () => random(256))).toString('base64')

/** A document of many short texts, as service accounts and lists of keys are. */
function documentOf(size: number): string {
  const items = Array.from({length: Math.floor(size / 160)}, (_, index) => ({
    id: `user-number-${index}`,
    key: key(24),
    url: `https://x.example/${index}?a=1&b="q"`,
  }))
  return JSON.stringify({items}, null, 2)
}

function pemOf(size: number): string {
  return `-----BEGIN-----\n${(key(Math.floor((size * 3) / 4)).match(/.{1,64}/g) ?? []).join('\n')}\n-----END-----\n`
}

const values: Readonly<Record<string, string>> = {
  'a document of 10 KB': documentOf(10_000),
  'a document of 200 KB': documentOf(200_000),
  'lines of 1 MB': pemOf(1_000_000),
}

describe('a large value', () => {
  it.each(Object.keys(values))('is hidden however it is printed: %s', {timeout: 60_000}, (name) => {
    const value = values[name] ?? ''
    const masker = new SecretMasker()
    masker.add(value)
    const bytes = Buffer.from(value)
    const lines = (text: string, width: number) => (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n')
    for (const form of [
      value,
      JSON.stringify(value),
      encodeURIComponent(value),
      lines(bytes.toString('base64'), 76),
      lines(Buffer.concat([Buffer.from('x-access-token:'), bytes]).toString('base64'), 76),
      lines(Buffer.concat([Buffer.from('xy'), bytes]).toString('hex'), 60),
    ]) {
      const masked = masker.mask(`<${form}>`)
      expect(masked).toContain(MASK)
      expect(masked.length).toBeLessThan(60)
    }
    const long = value.split('\n').filter((line) => line.trim().length >= 8)
    for (const line of [long[0], long[Math.floor(long.length / 2)], long.at(-1)]) expect(masker.mask(`  ${line?.trim()}`)).toBe(`  ${MASK}`)
  })

  it.each(Object.keys(values))('has forms in proportion to its length: %s', {timeout: 60_000}, (name) => {
    const value = values[name] ?? ''
    let characters = 0
    const {patterns} = writtenForms(Buffer.from(value))
    for (const pattern of patterns) characters += pattern.length
    expect(characters).toBeLessThan(8_000_000 + 80 * value.length)
    expect(patterns.size).toBeLessThan(10_000 + value.length / 4)
  })

  it('leaves the forms of other values as they are, and many of them fit', {timeout: 60_000}, () => {
    const masker = new SecretMasker()
    for (const name of Object.keys(values)) masker.add(values[name] ?? '')
    masker.add('p"a ss\'w\\o&<r>d')
    for (let index = 0; index < 10; index++) masker.add(documentOf(10_000))
    masker.add('s3cret&t0ken42')
    expect(masker.mask('s3cret&t0ken42 s3cret%26t0ken42 czNjcmV0JnQwa2VuNDI=')).toBe(`${MASK} ${MASK} ${MASK}`)
    expect(masker.mask('<p\\"a ss\'w\\\\o&<r>d>')).toBe(`<${MASK}>`)
  })

  it('is not compiled once more for each value that is added later', {timeout: 60_000}, () => {
    const masker = new SecretMasker()
    masker.add(values['lines of 1 MB'] ?? '')
    const before = performance.now()
    masker.mask('compiled')
    const compiling = performance.now() - before
    const startedAt = performance.now()
    for (let index = 0; index < 100; index++) {
      masker.add(`computed-${index}-value`)
      expect(masker.mask(`<computed-${index}-value>`)).toBe(`<${MASK}>`)
    }
    expect(performance.now() - startedAt).toBeLessThan(Math.max(1000, 20 * compiling))
    for (let index = 0; index < 100; index++) expect(masker.mask(`<computed-${index}-value>`)).toBe(`<${MASK}>`)
  })
})
