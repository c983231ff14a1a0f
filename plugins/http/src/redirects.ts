// Follows redirects as the Fetch standard says (HTTP-redirect fetch), with a limit, and without taking credentials to another host.

import {ActionError, type PluginContext} from '@autokestra/plugin-sdk'
import {withoutQuery} from './failure.ts'
import type {PlainRequest} from './build-request.ts'

export type RedirectMode = 'follow' | 'manual' | 'error'

type Init = PlainRequest['init'] & {signal: AbortSignal}

const redirectStatus = new Set([301, 302, 303, 307, 308])
const credentialHeaders = ['authorization', 'cookie', 'proxy-authorization']
const bodyHeaders = ['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location']

/** The last response and where it came from. Throws HTTP_REDIRECT with mode `error`, HTTP_TOO_MANY_REDIRECTS beyond the limit. */
export async function fetchThroughRedirects(
  fetch: PluginContext['fetch'],
  start: URL,
  init: Init,
  mode: RedirectMode,
  maxRedirects: number,
): Promise<{url: URL; response: Response}> {
  let url = start
  let current = init
  for (let count = 0; ; count += 1) {
    const response = await fetch(url, {...current, redirect: 'manual'})
    const location = redirectStatus.has(response.status) ? response.headers.get('location') : null
    if (location === null || mode === 'manual') return {url, response}
    // An unread body would keep its connection.
    await response.body?.cancel()
    if (mode === 'error') throw refuse('HTTP_REDIRECT', `${withoutQuery(url)} redirects, but redirects is set to error`)
    if (count >= maxRedirects)
      throw refuse('HTTP_TOO_MANY_REDIRECTS', `${withoutQuery(start)} redirects more than ${String(maxRedirects)} times`)
    const next = resolveLocation(location, url)
    current = redirected(current, response.status, next.origin === url.origin)
    url = next
  }
}

function resolveLocation(location: string, from: URL): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (next === undefined || !['http:', 'https:'].includes(next.protocol))
    throw refuse('HTTP_REDIRECT', `${withoutQuery(from)} redirects to an address that is not http(s)`)
  next.username = ''
  next.password = ''
  return next
}

function redirected(init: Init, status: number, isSameOrigin: boolean): Init {
  const headers = new Headers(init.headers)
  if (!isSameOrigin) for (const name of credentialHeaders) headers.delete(name)
  const becomesGet =
    (status === 303 && init.method !== 'GET' && init.method !== 'HEAD') || ((status === 301 || status === 302) && init.method === 'POST')
  if (!becomesGet) return {...init, headers}
  for (const name of bodyHeaders) headers.delete(name)
  return {method: 'GET', headers, signal: init.signal}
}

function refuse(code: string, message: string): ActionError {
  return new ActionError(code, message, {retryable: false})
}
