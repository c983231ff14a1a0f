// fetch in a sandbox without a network: it refuses as the gateway does, so that people read what is missing and not what became of a connection.

// Such a path is not useful advice, and `*` at its end would mean more than itself.
const longestPath = 200

/**
 * Rejects as the fetch through a gateway does. A server of the task's own can still be asked.
 * @param report takes what is to stand in the log of the task
 */
export function createRefusingFetch(report: (message: string) => void): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const {protocol, hostname, origin, pathname} = new URL(request.url)
    const isOwn = hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]'
    if (isOwn || (protocol !== 'http:' && protocol !== 'https:')) return globalThis.fetch(request)
    request.signal.throwIfAborted()
    const refusal = `${request.method} ${origin}${pathname.slice(0, 1000)}: this task is granted no network`
    const rule = origin + (pathname.length > longestPath || pathname.includes('*') ? '' : pathname)
    // Link-local addresses, among them those of metadata services, are never granted.
    const isGrantable = !hostname.startsWith('169.254.') && !hostname.startsWith('[fe8')
    report(`network: refused ${refusal}${isGrantable ? `; permissions.network would allow it with '${rule}'` : ''}`)
    throw new TypeError(`fetch failed: Refused: ${refusal}.${isGrantable ? ` This rule would allow it: ${rule}` : ''}`)
  }
}
