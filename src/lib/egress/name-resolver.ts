// Names -> addresses for one task: the hosts file, then the name servers of this machine. Not by getaddrinfo: it holds one of four threads that all
// tasks share for as long as a name server likes, and tries the search domains of this machine, so that a name could become another one.

import {Resolver} from 'node:dns/promises'
import {defined} from '../util/defined.ts'
import {hasErrorCode} from '../util/error-code.ts'
import {findInHostsFile} from './read-hosts-file.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

export interface NameResolverOptions {
  /** `address[:port]`; default: those of this machine. */
  readonly servers?: readonly string[]
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string
  /** How long the name servers may take in all. Default 5000. */
  readonly timeoutMs?: number
  /** Names that are looked up at the same time. Default 16. */
  readonly lookups?: number
}

/** When one family has been answered, the other one gets this long. */
const graceMs = 300
/** Until a server is asked again, or the next one is. */
const tryMs = 1500

export class NameResolver {
  readonly #options: Required<Omit<NameResolverOptions, 'servers'>> & Pick<NameResolverOptions, 'servers'>
  /** Concurrent queries for a name share one answer. */
  readonly #asked = new Map<string, Promise<readonly ResolvedAddress[]>>()
  readonly #open = new Set<Resolver>()
  #isClosed = false

  constructor({servers, hostsFile = '/etc/hosts', timeoutMs = 5000, lookups = 16}: NameResolverOptions = {}) {
    this.#options = {hostsFile, timeoutMs, lookups, ...defined({servers})}
  }

  /** Rejects with what a person can read. */
  async resolve(name: string): Promise<readonly ResolvedAddress[]> {
    const asked = this.#asked.get(name)
    if (asked !== undefined) return await asked
    const {lookups} = this.#options
    if (this.#asked.size >= lookups) throw new Error(`more than ${String(lookups)} names are being looked up at once`)
    const answer = this.#ask(name).finally(() => this.#asked.delete(name))
    this.#asked.set(name, answer)
    return await answer
  }

  /** Ends what is still being asked. */
  close(): void {
    this.#isClosed = true
    for (const resolver of this.#open) resolver.cancel()
  }

  async #ask(name: string): Promise<readonly ResolvedAddress[]> {
    const {hostsFile, servers, timeoutMs} = this.#options
    const listed = await findInHostsFile(hostsFile, name)
    if (listed.length > 0) return listed
    if (this.#isClosed) throw new Error('the task has ended')
    // One for each name: it reads the machine's settings as they are now, and can be cancelled.
    const resolver = new Resolver({timeout: tryMs, tries: 2})
    if (servers !== undefined) resolver.setServers(servers)
    this.#open.add(resolver)
    try {
      return await firstAnswers(name, [resolver.resolve4(name).then(ofFamily(4)), resolver.resolve6(name).then(ofFamily(6))], timeoutMs)
    } finally {
      this.#open.delete(resolver)
      resolver.cancel()
    }
  }
}

function ofFamily(family: number): (addresses: readonly string[]) => ResolvedAddress[] {
  return (addresses) => addresses.map((address) => ({address, family}))
}

/** What the queries have found by the time that all are answered, or that it has taken long enough. */
function firstAnswers(name: string, queries: readonly Promise<ResolvedAddress[]>[], timeoutMs: number): Promise<ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    const answers: ResolvedAddress[][] = []
    const failures: unknown[] = []
    let left = queries.length
    const settle = (): void => {
      clearTimeout(timer)
      const found = answers.flat()
      if (found.length > 0) resolve(found)
      else reject(explain(name, failures))
    }
    let timer = setTimeout(settle, timeoutMs)
    const count = (): void => {
      left -= 1
      if (left === 0) settle()
    }
    for (const [index, query] of queries.entries()) {
      query.then(
        (found) => {
          answers[index] = found
          clearTimeout(timer)
          timer = setTimeout(settle, graceMs)
          count()
        },
        (error: unknown) => {
          failures.push(error)
          count()
        },
      )
    }
  })
}

function explain(name: string, failures: readonly unknown[]): Error {
  const [cause] = failures
  const isAll = (...codes: string[]): boolean => failures.length > 0 && failures.every((error) => hasErrorCode(error, ...codes))
  if (isAll('ENODATA', 'ENOTFOUND')) return new Error(`the name ${name} has no address`, {cause})
  if (failures.length === 0 || failures.some((error) => hasErrorCode(error, 'ETIMEOUT')))
    return new Error(`no name server answered for ${name} in time`, {cause})
  const code = failures.find((error) => hasErrorCode(error, 'ESERVFAIL', 'EREFUSED', 'ECONNREFUSED', 'ECANCELLED'))
  return new Error(`the name ${name} could not be looked up${code === undefined ? '' : ` (${String((code as {code: unknown}).code)})`}`, {
    cause,
  })
}
