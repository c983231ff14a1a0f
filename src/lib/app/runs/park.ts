// When the process of a run leaves it, because nothing but waits is left.

import type {ParkOptions} from '../../engine/loop/parking.ts'

/** A wait that is over sooner is waited for: starting again would take a good part of it. */
export const parkBeyondMs = 10_000

/** @param look takes what other processes have asked of the run */
export function parkOptions(isParked: boolean, look: ParkOptions['look']): {park?: ParkOptions} {
  return isParked ? {park: {beyondMs: parkBeyondMs, look}} : {}
}
