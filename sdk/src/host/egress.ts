// The container's side of the sandbox's proxy: context.fetch speaks to its socket, and listeners on loopback lead every other client there.

import {createRelayFetch} from '../relay-fetch.ts'
import {listen, parseForwards} from './loopback.ts'
import {createRefusingFetch} from './refusing-fetch.ts'

export interface Egress {
  /** @param report takes what is to stand in the log of the task */
  readonly fetch: (report: (message: string) => void) => typeof fetch
  /** Settles when the listeners are ready. Resolves with what could not be set up, as sentences. */
  readonly ready: Promise<readonly string[]>
  /** What programs that the plugin starts find in their environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Undefined outside of a sandbox. Reads AUTOKESTRA_NETWORK (`none`: nothing is granted), AUTOKESTRA_EGRESS_SOCKET and AUTOKESTRA_EGRESS_FORWARD (`address:port[=host:port],…`). */
export function openEgress(variables: NodeJS.ProcessEnv): Egress | undefined {
  const socketPath = variables['AUTOKESTRA_EGRESS_SOCKET']
  if (socketPath === undefined || socketPath === '') {
    if (variables['AUTOKESTRA_NETWORK'] !== 'none') return undefined
    return {fetch: createRefusingFetch, ready: Promise.resolve([]), env: {AUTOKESTRA_NETWORK: 'none'}}
  }
  const forwards = parseForwards(variables['AUTOKESTRA_EGRESS_FORWARD'] ?? '')
  const ready = Promise.all(forwards.map((forward) => listen(forward, socketPath)))
  const proxy = forwards.find(({target}) => target === undefined)
  const relayFetch = createRelayFetch(socketPath)
  return {
    fetch: () => relayFetch,
    ready: ready.then((problems) => problems.flatMap((problem) => (problem === undefined ? [] : `plugin host: ${problem}`))),
    env: {
      AUTOKESTRA_EGRESS_SOCKET: socketPath,
      ...(proxy !== undefined && proxyVariables(`http://${proxy.host}:${String(proxy.port)}`)),
    },
  }
}

/** In both spellings: some programs read only the one, some only the other. */
function proxyVariables(url: string): Record<string, string> {
  const own = 'localhost,127.0.0.1'
  return {HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: own, http_proxy: url, https_proxy: url, no_proxy: own}
}
