// How a run gets into its concurrency group, as the loop sees it.

import type {Concurrency} from '../../workflow/model.ts'

export interface GroupWish extends Concurrency {
  /** Evaluated. It may be shown and kept. */
  readonly group: string
}

export interface AdmissionListener {
  /** The run waits for these runs, which hold its group. Called again when they are others. */
  readonly onQueued: (holders: readonly string[]) => void
  /** The run is to stop: another process asks for it, or the group was lost. Until {@link RunAdmission.leave}. @param reason in words */
  readonly onStop: (reason: string) => void
}

export type AdmissionAnswer =
  | {readonly kind: 'admitted'}
  /** The run is not to begin. `skipped`: as its file wants it. */
  | {readonly kind: 'refused'; readonly isSkipped: boolean; readonly reason: string}

/** Of one run. */
export interface RunAdmission {
  /** Rejects when the groups cannot be read. Never resolves when {@link leave} was called before. */
  enter(wish: GroupWish, listener: AdmissionListener): Promise<AdmissionAnswer>
  /** Lets the next one in, or gives up waiting. May be called at any time, and more than once. */
  leave(): Promise<void>
}
