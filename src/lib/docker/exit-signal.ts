// What an exit code of the engine says about signals.

import {constants} from 'node:os'

const signalBase = 128

export const killedCode = signalBase + constants.signals.SIGKILL

/** A program ended by a signal reports 128 plus its number (runc does as shells do). Null for other codes. */
export function signalOf(code: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === code - signalBase)
  // The keys of os.constants.signals are the names of signals.
  return found === undefined ? null : (found[0] as NodeJS.Signals)
}
