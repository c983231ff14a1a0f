// Finds in what a program complains of that it went past the gateway of its container: there, no name is found and no address has a route.

import {isIP} from 'node:net'
import {parseNetworkRule, type NetworkRule} from '../../network/rule.ts'

interface Unreachable {
  /** A clause. */
  readonly reason: string
  readonly isLogged: boolean
}

/** What the SDK's fetch says where there is no gateway: `Refused: GET https://…: this task is granted no network. This rule …` */
const refusedByHost = /Refused: ([A-Z]{1,20} \S{1,2100}): this task is granted no network\.(?: This rule would allow it: (\S{1,2100}))?/

/** The gateway's own answer about a granted target: that failed on this machine's network, and may work the next time. */
const failedBehindTheGateway = /The connection to \S{1,300} failed: [^\n]*/g

/** As Node, curl, wget, busybox, Go, Rust, Python and the C library write it; the first group is the host. Every part is bounded: the text is the task's. */
const complaints: readonly RegExp[] = [
  /\b(?:getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|query[A-Za-z0-9]{0,9} ECONNREFUSED|connect ENETUNREACH) ([^\s,;'"]{1,260})/,
  /Could not resolve (?:host|hostname|proxy):? ([^\s,;'"]{1,260})/i,
  /unable to resolve host address ['"‘“]([^\s'"’”]{1,260})/,
  /wget: bad address '([^\s']{1,260})'/,
  /\bdial (?:tcp|udp)[46]?: lookup ([^\s:]{1,260})(?: on [^\s]{1,60})?: /,
  /\b(?:EAI_AGAIN|ENETUNREACH)\b|Temporary failure in name resolution|Network is unreachable|failed to lookup address information/i,
]

/** Undefined also for a host that a rule grants: another rule would not help. */
export function findUnreachable(text: string, rules: readonly NetworkRule[]): Unreachable | undefined {
  const [found, asked, rule] = refusedByHost.exec(text) ?? []
  if (found !== undefined) return {reason: `${noNetwork}: refused ${asked ?? ''}${advise(rule)}`, isLogged: true}
  const rest = text.replace(failedBehindTheGateway, '')
  for (const pattern of complaints) {
    const match = pattern.exec(rest)
    if (match !== null) return explain(match[1], rules)
  }
  return undefined
}

const noNetwork = 'this task is granted no network'

function explain(written: string | undefined, rules: readonly NetworkRule[]): Unreachable | undefined {
  const parsed = written === undefined ? undefined : parseNetworkRule(ruleFor(written))
  const rule = parsed?.ok === true ? parsed.rule : undefined
  if (rule !== undefined && isGranted(rule, rules)) return undefined
  const what = rules.length === 0 ? noNetwork : rule === undefined ? 'no rule grants what it asked for' : `no rule grants ${rule.host}`
  // What is never granted needs no advice.
  if (written !== undefined && rule === undefined) return {reason: what, isLogged: false}
  return {
    reason:
      what + (rule === undefined ? "; name what it may reach under permissions.network, as 'https://HOST/PATH/*'" : advise(rule.text)),
    isLogged: false,
  }
}

/** `host`, or `address:port` as Node writes it. */
function ruleFor(written: string): string {
  return written.endsWith(':80') ? `http://${written.slice(0, -':80'.length)}` : `https://${written.replace(/(?::443)?[.:]?$/, '')}`
}

function isGranted({host}: NetworkRule, rules: readonly NetworkRule[]): boolean {
  return rules.some((rule) =>
    rule.isWildcard ? isIP(host) === 0 && (rule.host === '' || host.endsWith(`.${rule.host}`)) : rule.host === host,
  )
}

function advise(rule: string | undefined): string {
  return rule === undefined ? '' : `; permissions.network would allow it with '${rule}'`
}
