// What a stream can show. The environment is handed in; nothing here reads it by itself.

export type Environment = Readonly<Record<string, string | undefined>>

/** The parts of a Node.js output stream that the ui needs. */
export interface OutputStream {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface Terminal {
  readonly isTty: boolean
  readonly hasColor: boolean
  /** Whether lines may be redrawn: a terminal that is not `dumb`. */
  readonly isAnimated: boolean
  /** Otherwise only ASCII is printed. */
  readonly hasUnicode: boolean
  /** 80 where it is not known. */
  readonly columns: number
}

/** Asked per stream: one may be a terminal while the other is a pipe. NO_COLOR (no-color.org) wins over FORCE_COLOR, which wins over the stream. */
export function detectTerminal(stream: Pick<OutputStream, 'isTTY' | 'columns'>, env: Environment): Terminal {
  const isTty = stream.isTTY ?? false
  const isDumb = env['TERM'] === 'dumb'
  return {
    isTty,
    hasColor: hasColor(isTty && !isDumb, env),
    isAnimated: isTty && !isDumb,
    hasUnicode: hasUnicode(env),
    columns: stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80,
  }
}

function hasColor(byDefault: boolean, env: Environment): boolean {
  // Both are honoured only when not empty, as no-color.org says.
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced) return forced !== '0' && forced !== 'false'
  return byDefault
}

function hasUnicode(env: Environment): boolean {
  if (env['TERM'] === 'dumb' || env['TERM'] === 'linux') return false
  // POSIX: the first of these that is set and not empty decides.
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  if (locale === '') return env['CI'] !== undefined && env['CI'] !== ''
  return /utf-?8/i.test(locale)
}
