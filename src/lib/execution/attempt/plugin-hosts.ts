// What the SDK protocol needs from a pool of plugin hosts.

import type {RunningProcess} from '../../runtimes/runtime.ts'

/** A plugin host, used by one task at a time. */
export interface HostLease {
  readonly process: RunningProcess
  /** Ready for another task. Without this call the host is the borrower's to end. */
  giveBack(): void
}

export interface PluginHosts {
  /**
   * A host that waits for an invoke. With a key: one that has served only that key, and may be given back.
   * Rejects with StartError; also when `isWanted` says no before a host was started for it.
   */
  borrow(reuseKey?: string, isWanted?: () => boolean): Promise<HostLease>
  /** Says that so many more will be borrowed, at most `parallelism` at a time. */
  expect(count: number, parallelism: number): void
  close(): Promise<void>
}
