// Says in words why a request came to nothing.

import {ActionError} from '@autokestra/plugin-sdk'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the other side closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
}

/** Address for messages: a query often carries tokens. */
export function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`
}

/** HTTP_TIMEOUT, INPUT_INVALID for a port that fetch refuses, or HTTP_CONNECTION for what else went wrong below HTTP; an ActionError and a bug stay as they are. */
export function describeFailure(error: unknown, method: string, url: URL, isTimeout: boolean): unknown {
  if (error instanceof ActionError) return error
  if (isTimeout) return new ActionError('HTTP_TIMEOUT', `${method} ${withoutQuery(url)} took longer than its timeout`, {cause: error})
  // Node's fetch rejects with a TypeError that has the real error as its cause.
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error
  // The fetch standard blocks ports of other protocols (fetch.spec.whatwg.org, "bad port").
  if (error.cause.message === 'bad port')
    return new ActionError('INPUT_INVALID', `${method} ${withoutQuery(url)}: port ${url.port} is not allowed for HTTP`, {
      retryable: false,
      cause: error,
    })
  const code = 'code' in error.cause && typeof error.cause.code === 'string' ? error.cause.code : ''
  const reason = (Object.hasOwn(reasons, code) ? reasons[code] : undefined) ?? (error.cause.message || code)
  return new ActionError('HTTP_CONNECTION', `${method} ${withoutQuery(url)} failed: ${reason}`, {cause: error})
}
