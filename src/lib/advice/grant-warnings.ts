// Grants that are broader than they look, or broader than is ever wise. Advice: what is never granted is refused elsewhere.

import {isIP} from 'node:net'
import {isWholeHost, parseNetworkRule, type NetworkRule} from '../network/rule.ts'
import {defined} from '../util/defined.ts'
import type {GrantWarning} from './grant-warning.ts'
import {checkPathGrant} from './path-grant-warnings.ts'

/** What a workflow grants, or a manifest recommends. */
export interface Grants {
  readonly network?: readonly string[]
  readonly filesystem?: {readonly read?: readonly string[]; readonly write?: readonly string[]}
}

/** More hosts than this, and it is no longer clear what a plugin talks to. */
const manyHosts = 10

/** Names below these go to the first who registers them. A few of the best known; the full list (publicsuffix.org) is very long. */
const sharedSuffixes = new Set(
  (
    'co.uk org.uk com.au co.jp com.br co.in co.nz com.cn github.io gitlab.io netlify.app vercel.app herokuapp.com amazonaws.com ' +
    's3.amazonaws.com cloudfront.net azurewebsites.net windows.net blob.core.windows.net web.app firebaseapp.com pages.dev workers.dev ' +
    'ngrok.io ngrok-free.app appspot.com run.app onrender.com fly.dev deno.dev blogspot.com googleapis.com'
  ).split(' '),
)

/** Where anyone can leave data for anyone to fetch. */
const dropPlaces = (
  'pastebin.com paste.ee hastebin.com dpaste.com dpaste.org ix.io 0x0.st termbin.com transfer.sh file.io gofile.io webhook.site requestbin.com ' +
  'pipedream.net requestcatcher.com beeceptor.com hookbin.com ngrok.io ngrok-free.app trycloudflare.com oast.fun oast.pro oast.live interact.sh ' +
  'gist.github.com api.telegram.org discord.com hooks.slack.com bin.sh rentry.co'
).split(' ')

/** All warnings about a set of grants, those of the network first. Paths are relative to the workflow file. */
export function warnAboutGrants({network = [], filesystem = {}}: Grants): GrantWarning[] {
  const {read = [], write = []} = filesystem
  return [
    ...network.flatMap(checkNetworkGrant),
    ...checkNumberOfHosts(network),
    ...read.flatMap((text) => checkPathGrant(text, 'read')),
    ...write.flatMap((text) => checkPathGrant(text, 'write')),
  ]
}

function checkNetworkGrant(text: string): GrantWarning[] {
  const parsed = parseNetworkRule(text)
  if (!parsed.ok) return [{code: 'invalid-rule', message: parsed.message, ...defined({hint: parsed.hint})}]
  const {rule} = parsed
  const warnings: GrantWarning[] = []
  if (rule.scheme === 'http') {
    const hint = rule.host === '' ? 'name hosts, with https://' : `use https://${rule.isWildcard ? '*.' : ''}${rule.host}, if the host can`
    warnings.push({code: 'unencrypted', message: `${text}: anyone on the network path can read and change what is sent`, hint})
  }
  return [...warnings, ...checkHost(rule)]
}

function checkHost(rule: NetworkRule): GrantWarning[] {
  const {text, host, isWildcard} = rule
  if (isWildcard && host === '') {
    return [{code: 'any-host', message: `${text} grants every host: a plugin can send anything anywhere`, hint: 'name the hosts it needs'}]
  }
  if (isWildcard && (!host.includes('.') || sharedSuffixes.has(host))) {
    return [
      {
        code: 'wildcard-too-wide',
        message: `${text} grants hosts that anyone can register: names below ${host}`,
        hint: 'name the host itself',
      },
    ]
  }
  if (isPrivate(host)) {
    return [
      {
        code: 'private-address',
        message: `${text} lets the plugin into your private network`,
        hint: 'grant it only to a plugin you trust with that host',
      },
    ]
  }
  const place = dropPlaces.find((name) => host === name || host.endsWith(`.${name}`))
  if (place !== undefined) {
    const hint = isWholeHost(rule)
      ? 'grant no more than the path it needs, such as https://host/path/*'
      : 'make sure that the path is yours'
    return [{code: 'drop-place', message: `${text}: anyone can leave data at ${place} for anyone to fetch`, hint}]
  }
  return []
}

function checkNumberOfHosts(network: readonly string[]): GrantWarning[] {
  const hosts = new Set(network.flatMap((text) => (parseNetworkRule(text).ok ? [text.split('/')[2] ?? text] : [])))
  if (hosts.size <= manyHosts) return []
  const message = `${String(hosts.size)} hosts are granted: too many to keep track of`
  return [{code: 'many-hosts', message, hint: 'split the work into plugins, or tasks, that need fewer'}]
}

/** RFC 1918, RFC 6598, RFC 4193, and the names that are used inside only (RFC 6762, RFC 8375, and by custom). */
function isPrivate(host: string): boolean {
  if (isIP(host) === 4) return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host)
  if (isIP(host) === 6) return /^f[cd]/i.test(host)
  return !host.includes('.') || /\.(?:local|internal|intranet|lan|corp|home|home\.arpa)$/.test(host)
}
