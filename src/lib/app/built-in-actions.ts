// The actions that this program carries out itself, for one run. What each needs is loaded when it is first called.

import type {RequestWatch} from '../engine/requests/request-watch.ts'
import type {BuiltInAction} from '../execution/protocols/built-in.ts'

export interface BuiltInParts {
  /** What other processes ask of the run. */
  readonly requests: RequestWatch
}

/** By type, for every plugin with `protocol: builtin`. */
export function createBuiltInActions(_parts: BuiltInParts): ReadonlyMap<string, BuiltInAction> {
  return new Map()
}
