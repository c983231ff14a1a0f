// Makes the request from the inputs of a task.

import {ActionError, type JsonValue} from '@autokestra/plugin-sdk'

type Scalar = string | number | boolean

export interface RequestInput {
  url: string
  method?: string
  headers?: Record<string, Scalar>
  query?: Record<string, Scalar | Scalar[] | null>
  body?: {json?: JsonValue; text?: string; base64?: string; form?: Record<string, Scalar>}
}

export interface PlainRequest {
  url: URL
  init: {method: string; headers: Headers; body?: string | Uint8Array<ArrayBuffer>}
}

/** Throws INPUT_INVALID for a url that is not http or https, for headers that cannot be sent for a body with a method that has none, and for base64 that is none. */
export function buildRequest({url: address, method, headers = {}, query = {}, body}: RequestInput): PlainRequest {
  const url = parseUrl(address)
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== null) url.searchParams.append(name, String(item))
  }
  const sent = makeHeaders(headers)
  if (url.username !== '' || url.password !== '') moveCredentials(url, sent)
  const content = body === undefined ? undefined : makeBody(body)
  if (content !== undefined && !sent.has('content-type')) sent.set('content-type', content.type)
  const verb = (method ?? (content === undefined ? 'GET' : 'POST')).toUpperCase()
  if (content !== undefined && (verb === 'GET' || verb === 'HEAD')) throw invalid(`a ${verb} request has no body`)
  return {url, init: {method: verb, headers: sent, ...(content !== undefined && {body: content.body})}}
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw invalid('url must be a complete address that begins with http:// or https://')
  return url
}

function makeHeaders(headers: Record<string, Scalar>): Headers {
  const sent = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    try {
      sent.set(name, String(value))
    } catch {
      // The original error quotes the value, which is often a token.
      throw invalid(`the header '${name}' cannot be sent: its name or its value has characters that headers do not allow`)
    }
  }
  return sent
}

// fetch refuses addresses with a user name; RFC 7617 says how they are sent.
function moveCredentials(url: URL, headers: Headers): void {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  url.username = ''
  url.password = ''
}

function makeBody({json, text, base64, form}: NonNullable<RequestInput['body']>): {type: string; body: string | Uint8Array<ArrayBuffer>} {
  if (text !== undefined) return {type: 'text/plain; charset=utf-8', body: text}
  if (base64 !== undefined && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) throw invalid('body.base64 must be base64 text')
  if (base64 !== undefined) return {type: 'application/octet-stream', body: new Uint8Array(Buffer.from(base64, 'base64'))}
  if (form !== undefined) {
    const fields = Object.entries(form).map(([name, value]): [string, string] => [name, String(value)])
    return {type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString()}
  }
  return {type: 'application/json', body: JSON.stringify(json ?? null)}
}

function invalid(message: string): ActionError {
  return new ActionError('INPUT_INVALID', message, {retryable: false})
}
