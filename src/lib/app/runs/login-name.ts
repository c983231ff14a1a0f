// Who runs this process.

import {userInfo} from 'node:os'

/** The name of the user; `uid 1000` where the system knows none. */
export function loginName(): string {
  try {
    const {username} = userInfo()
    if (username !== '') return username
  } catch {
    // A user id without an entry, as in many containers.
  }
  return `uid ${String(process.getuid?.() ?? '?')}`
}
