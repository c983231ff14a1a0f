// The loader thread for Node versions without synchronous hooks: resolves the SDK to the copy beside the host where Node finds none.

import {copyFor, isNotFound, retryMark} from './sdk-copy.ts'

interface Resolved {
  url: string
  shortCircuit?: boolean
}

interface ResolveContext {
  parentURL?: string
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<Resolved>,
): Promise<Resolved> {
  const copy = copyFor(specifier, false)
  try {
    const found = await next(specifier, context)
    const isRetried = context.parentURL?.endsWith(retryMark) === true && found.url.startsWith('file:') && !found.url.includes('?')
    return isRetried ? {...found, url: found.url + retryMark} : found
  } catch (error) {
    if (copy === undefined || !isNotFound(error)) throw error
    return {url: copy, shortCircuit: true}
  }
}
