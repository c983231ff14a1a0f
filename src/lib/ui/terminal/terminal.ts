// What a stream can show.

/** What the environment says about terminals, whatever the stream is. */
export interface TerminalSettings {
  /** Undefined: each stream decides. */
  readonly isColored: boolean | undefined
  readonly isDumb: boolean
  readonly hasUnicode: boolean
}

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

/** Asked per stream: one may be a terminal while the other is a pipe. */
export function detectTerminal(
  stream: Pick<OutputStream, 'isTTY' | 'columns'>,
  {isColored, isDumb, hasUnicode}: TerminalSettings,
): Terminal {
  const isTty = stream.isTTY ?? false
  const isAnimated = isTty && !isDumb
  return {
    isTty,
    hasColor: isColored ?? isAnimated,
    isAnimated,
    hasUnicode,
    columns: stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80,
  }
}
