// The plugin core/http.

import {performance} from 'node:perf_hooks'
import {ActionError, defineAction, type JsonValue} from '@autokestra/plugin-sdk'
import {describeFailure, withoutQuery} from './failure.ts'
import {buildRequest, type RequestInput} from './build-request.ts'
import {fetchThroughRedirects, type RedirectMode} from './redirects.ts'
import {decodeBody, readBody, type BodyType, type ResponseMode} from './response-body.ts'
import {isExpected, type StatusRange} from './expected-status.ts'
import {parseTimeout} from './parse-timeout.ts'

interface Input extends RequestInput {
  response?: ResponseMode
  expectedStatus?: StatusRange[]
  redirects?: RedirectMode
  maxRedirects?: number
  maxBytes?: number
  timeout?: string | number
}

interface Output {
  status: number
  headers: Record<string, string | string[]>
  body: JsonValue
  bodyType: BodyType
  url: string
  durationMs: number
}

const defaultMaxBytes = 10 << 20
const worthRetrying = new Set([408, 425, 429])
const shownBodyLength = 500

/** Sends one request and gives the response; fails with HTTP_STATUS when the status is not an expected one. */
export const request = defineAction({
  async execute(input: Input, context): Promise<Output> {
    const startedAt = performance.now()
    const {url, init} = buildRequest(input)
    const timeout = input.timeout === undefined ? undefined : AbortSignal.timeout(parseTimeout(input.timeout))
    const signal = timeout === undefined ? context.signal : AbortSignal.any([context.signal, timeout])
    try {
      const found = await fetchThroughRedirects(
        context.fetch,
        url,
        {...init, signal},
        input.redirects ?? 'follow',
        input.maxRedirects ?? 10,
      )
      const {response} = found
      const bytes = await readBody(response, input.maxBytes ?? defaultMaxBytes)
      const contentType = response.headers.get('content-type') ?? ''
      if (!isExpected(response.status, input.expectedStatus ?? ['200-299'])) {
        const {body, bodyType} = decodeBody(bytes, contentType, 'auto')
        if (bodyType !== 'none')
          context.log.warn(`response body: ${(typeof body === 'string' ? body : JSON.stringify(body)).slice(0, shownBodyLength)}`)
        throw statusError(init.method, found.url, response)
      }
      const durationMs = Math.round(performance.now() - startedAt)
      return {
        status: response.status,
        headers: plainHeaders(response.headers),
        ...decodeBody(bytes, contentType, input.response ?? 'auto'),
        url: found.url.href,
        durationMs,
      }
    } catch (error) {
      // Cancelling and the task's own timeout are told apart by the workflow command, which asked for them.
      if (context.signal.aborted) throw context.signal.reason
      throw describeFailure(error, init.method, url, timeout?.aborted === true)
    }
  },
})

function statusError(method: string, url: URL, {status, statusText}: Response): ActionError {
  const retryable = status >= 500 || worthRetrying.has(status)
  return new ActionError('HTTP_STATUS', `${method} ${withoutQuery(url)} answered ${`${String(status)} ${statusText}`.trim()}`, {retryable})
}

function plainHeaders(headers: Headers): Output['headers'] {
  const cookies = headers.getSetCookie()
  return {...Object.fromEntries(headers), ...(cookies.length !== 0 && {'set-cookie': cookies})}
}
