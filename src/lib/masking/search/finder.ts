// What looks for values in the bytes of one stream.

/** Takes the ranges that are to be hidden. */
export interface FoundRanges {
  add(start: number, end: number): void
}

/** Bytes of a stream that are not yet given out, and what is known of the byte before them. */
export interface TextWindow {
  readonly bytes: Buffer
  /** Nothing comes after these bytes. */
  readonly isLast: boolean
  /** The byte before the first one; -1 at the beginning of a stream. */
  readonly before: number
}

export interface Finder {
  /**
   * Looks at what it has not seen yet and adds the matches to `found`. Answers where the bytes begin that more text may make part of a match:
   * all matches that begin before are found. At the end of the stream that is the end of the window.
   */
  find(window: TextWindow, found: FoundRanges): number
  /** The window has lost its first `count` bytes: no more than find() answered. */
  drop(count: number): void
}

/** Gives each stream finders of its own. */
export interface FinderSource {
  openFinders(): readonly Finder[]
}
