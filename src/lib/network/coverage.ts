// Whether one rule of the network grants all that another one asks for.

import {isIP} from 'node:net'
import type {NetworkRule} from './rule.ts'

export function coversRule(grant: NetworkRule, wanted: NetworkRule): boolean {
  if (grant.scheme !== wanted.scheme || grant.port !== wanted.port || !coversHost(grant, wanted)) return false
  if (grant.isPathPrefix) return wanted.path.startsWith(grant.path)
  return !wanted.isPathPrefix && grant.path === wanted.path
}

function coversHost(grant: NetworkRule, wanted: NetworkRule): boolean {
  if (!grant.isWildcard) return !wanted.isWildcard && grant.host === wanted.host
  // Wildcards stand for names, never for addresses.
  if (isIP(wanted.host) !== 0) return false
  return grant.host === '' || wanted.host.endsWith(`.${grant.host}`) || (wanted.isWildcard && wanted.host === grant.host)
}
