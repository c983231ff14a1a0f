// Reads and decodes the body of a response.

import {ActionError, type JsonValue} from '@autokestra/plugin-sdk'
import {inexactNumber} from 'autokestra:inexact-number'

export type ResponseMode = 'auto' | 'json' | 'text' | 'bytes'
export type BodyType = 'json' | 'text' | 'bytes' | 'none'

/** All bytes of the body, after decompression. Throws HTTP_TOO_LARGE, and stops the transfer, as soon as there are more than `maxBytes`. */
export async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream, which closes the connection.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes)
      throw new ActionError('HTTP_TOO_LARGE', `the response is larger than ${String(maxBytes)} bytes; raise maxBytes to read it`, {
        retryable: false,
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `auto` goes by the content type: JSON, text, otherwise base64. No bytes are null in every mode but `text`. */
export function decodeBody(bytes: Buffer, contentType: string, mode: ResponseMode): {body: JsonValue; bodyType: BodyType} {
  if (bytes.length === 0 && mode !== 'text') return {body: null, bodyType: 'none'}
  switch (mode === 'auto' ? guess(contentType) : mode) {
    case 'json':
      return {body: parse(bytes), bodyType: 'json'}
    case 'text':
      return {body: decodeText(bytes, contentType), bodyType: 'text'}
    case 'bytes':
      return {body: bytes.toString('base64'), bodyType: 'bytes'}
  }
}

function guess(contentType: string): Exclude<ResponseMode, 'auto'> {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  const isText =
    type.startsWith('text/') ||
    type.endsWith('+xml') ||
    ['application/xml', 'application/javascript', 'application/x-ndjson', 'application/yaml'].includes(type)
  return isText ? 'text' : 'bytes'
}

function parse(bytes: Buffer): JsonValue {
  let text: string
  let value: JsonValue
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(bytes)
    value = JSON.parse(text) as JsonValue
  } catch {
    // The original error quotes the body, which may hold secrets.
    throw new ActionError('HTTP_INVALID_JSON', 'the response is not JSON; read it with response: text', {retryable: false})
  }
  const inexact = inexactNumber(text)
  if (inexact === undefined) return value
  throw new ActionError(
    'HTTP_LOSES_DIGITS',
    `the number at character ${String(inexact + 1)} of the response would lose digits; read it with response: text`,
    {retryable: false},
  )
}

function decodeText(bytes: Buffer, contentType: string): string {
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // An unknown charset: UTF-8 is by far the likeliest.
    return new TextDecoder().decode(bytes)
  }
}
