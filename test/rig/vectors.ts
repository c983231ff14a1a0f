// Published test vectors: one per line, fields between spaces, `#` before what is said about them.

import {readFileSync} from 'node:fs'

/** The fields of each vector. */
export function readVectors(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' '))
}

/** A field of hexadecimal digits; `-` is empty. Fails for anything else. */
export function bytesOf(field: string | undefined): Buffer {
  if (field === undefined || !/^(-|([0-9a-f]{2})+)$/.test(field)) throw new Error(`no bytes: ${String(field)}`)
  return Buffer.from(field === '-' ? '' : field, 'hex')
}
