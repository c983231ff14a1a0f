// The part of the caller's environment every task process gets. The list exists only here.

/** Where programs and files are, who the user is, and in which language programs print. */
const user = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'TERM', 'USER', 'LOGNAME', 'SHELL', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'CI']
/** The way to the network, as most programs read it in either case. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
const trust = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'SSH_AUTH_SOCK']
/** A `workflow run` inside a task works with the same home. */
const ours = ['AUTOKESTRA_HOME']

const passedOn = [...user, ...proxies, ...trust, ...ours, 'LC_*', 'XDG_*']
/** They give access to every secret: not inherited, whatever a file asks for. */
const neverPassedOn = ['AUTOKESTRA_SECRET_KEY', 'AUTOKESTRA_NEW_SECRET_KEY']

type Environment = Readonly<Record<string, string | undefined>>

export interface Inherited {
  /** Names, or prefixes that end in `*`. */
  readonly names: readonly string[]
  /** Names of secrets: a task that reads none must not find one in its environment. */
  readonly except: readonly string[]
}

/** What task processes inherit from `source` (the environment of the command): the list above, and `more`. */
export function baseEnvironment(source: Environment, more: Inherited = {names: [], except: []}): Record<string, string> {
  return pickVariables(source, {...more, names: [...passedOn, ...more.names]})
}

/** The variables of `source` that are asked for; never the master key. */
export function pickVariables(source: Environment, {names: patterns, except}: Inherited): Record<string, string> {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')))
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || neverPassedOn.includes(name) || except.includes(name)) continue
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) picked[name] = value
  }
  return picked
}
