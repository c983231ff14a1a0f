// Looks for secrets where none may be: in every file of a home, and in everything a command printed. The forms are computed here by plain
// means and share nothing with the program, so that an error in masking cannot hide itself.

import {lstatSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'vitest'

/** What is searched, by name: a file, a stream, a document. */
export type Places = Readonly<Record<string, string | Buffer>>

/** Shorter forms occur everywhere. */
const leastFormBytes = 8

/** What is cut into lines is looked for by pieces of this length, each of which is left when the line around it is not hidden. */
const pieceLength = 12

/** How the value may be written, by name: one of these shows it. The raw value is always among them, other forms from 8 bytes. */
export function writtenForms(secret: string): ReadonlyMap<string, readonly Buffer[]> {
  const forms = new Map<string, Buffer[]>([['raw', [Buffer.from(secret)]]])
  const add = (name: string, ...alternatives: (string | Buffer)[]): void => {
    const bytes = alternatives.map((form) => Buffer.from(form)).filter(({length}) => length >= leastFormBytes)
    if (bytes.length > 0) forms.set(name, bytes)
  }
  const json = (text: string): string => JSON.stringify(text).slice(1, -1)
  const once = json(secret)
  add('JSON', once)
  add('JSON twice', json(once))
  const bytes = Buffer.from(secret)
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const shift of [0, 1, 2]) add(`${encoding} shifted by ${String(shift)}`, shiftedBase64(bytes, shift, encoding))
  }
  add('base64 in lines', ...[0, 1, 2].flatMap((shift) => pieces(shiftedBase64(bytes, shift, 'base64'), pieceLength, 1)))
  add('xxd -p', ...pieces(bytes.toString('hex'), pieceLength, 2))
  add('hexdump -C', ...pieces(bytes.toString('hex').replace(/../g, '$& '), pieceLength, 3))
  add('characters of a dump', ...(secret.match(/[ -~]+/g) ?? []).flatMap((text) => pieces(text, pieceLength, 1)))
  add('hex', bytes.toString('hex'))
  add('HEX', bytes.toString('hex').toUpperCase())
  const uri = encodeURIComponent(secret)
  add('URI', uri)
  add(
    'uri',
    uri.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  )
  const utf16 = Buffer.from(secret, 'utf16le')
  add('UTF-16LE', utf16)
  add('UTF-16LE in base64', shiftedBase64(utf16, 0, 'base64'))
  return forms
}

/** All that begin at a multiple of `step`. */
function pieces(text: string, length: number, step: number): string[] {
  const starts = Array.from({length: Math.max(0, Math.floor((text.length - length) / step) + 1)}, (_, index) => index * step)
  return starts.map((start) => text.slice(start, start + length))
}

/** The part of the text that does not depend on what stands before (`shift` bytes) and behind the value. */
function shiftedBase64(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding)
  // Six bits per character: those that hold bits of the foreign bytes are left out.
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
}

/** `FORM of NAME in PLACE`, for each that is found. */
export function findLeaks(secrets: Readonly<Record<string, string>>, places: Places): string[] {
  const leaks: string[] = []
  for (const [name, secret] of Object.entries(secrets)) {
    const forms = writtenForms(secret)
    for (const [place, content] of Object.entries(places)) {
      const bytes = Buffer.from(content)
      for (const [form, patterns] of forms)
        if (patterns.some((pattern) => bytes.includes(pattern))) leaks.push(`${form} of ${name} in ${place}`)
    }
  }
  return leaks
}

/** Every regular file below a directory. */
export function filesBelow(directory: string): Places {
  const entries = readdirSync(directory, {recursive: true, encoding: 'utf8'})
  const files = entries.map((name) => path.join(directory, name)).filter((file) => lstatSync(file, {throwIfNoEntry: false})?.isFile())
  return Object.fromEntries(files.map((file) => [file, readFileSync(file)]))
}

/** Fails when a secret, in any form, stands in a file below the home or in one of the places. */
export function expectNoLeaks(secrets: Readonly<Record<string, string>>, home: string, places: Places): void {
  const files = filesBelow(home)
  expect(
    Object.keys(files).some((file) => file.endsWith('.db')),
    'a database was searched',
  ).toBe(true)
  const leaks = findLeaks(secrets, {...files, ...places})
  expect(leaks, leaks.join('; ')).toEqual([])
}
