// Tells without reading it whether a file is still the one that was read before.

import type {Stats} from 'node:fs'

/** Clocks of file systems tick in up to 2 s (FAT); most in a few ms. */
const coarseTickMs = 2000
const fineTickMs = 50

/** Differs as soon as the content was written, or another file was put in place. */
export function fileState(stats: Stats): string {
  return [stats.mtimeMs, stats.ctimeMs, stats.size, stats.ino].join(':')
}

/**
 * Whether the file's state can be trusted to describe what was read at `readAt` (ms since 1970): one changed so shortly before could change
 * again without a new time stamp (git's "racily clean" entries).
 */
export function isSettled(stats: Stats, readAt: number): boolean {
  const tick = stats.ctimeMs % 1000 === 0 ? coarseTickMs : fineTickMs
  return readAt - stats.ctimeMs > tick
}
