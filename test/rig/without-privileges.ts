// Node as somebody whom permissions stop. Root keeps its name, and so its way into this checkout, but gives up the right to pass over permissions.

import {chownSync, readdirSync, statSync} from 'node:fs'

/** Program and first arguments; the script follows. */
export const nodeWithoutPrivileges: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', process.execPath] : [process.execPath]

/**
 * Room for so many processes and threads. Root is exempt from that limit, so it becomes a user whom nobody else is, and keeps only its way into
 * this checkout.
 * @param home becomes that user's
 */
export function withRoomFor(count: number, home: string): readonly [string, ...string[]] {
  if (process.getuid?.() !== 0) return ['prlimit', `--nproc=${String(threadsOfUser() + count)}`]
  const user = 1_000_000 + process.pid
  chownSync(home, user, user)
  const kept = '-all,+dac_override'
  return [
    'setpriv',
    `--reuid=${String(user)}`,
    `--regid=${String(user)}`,
    '--clear-groups',
    `--inh-caps=${kept}`,
    `--ambient-caps=${kept}`,
    `--bounding-set=${kept}`,
    'prlimit',
    `--nproc=${String(count)}`,
  ]
}

/** The limit counts whatever runs as this user already. */
function threadsOfUser(): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((count, name) => {
      try {
        return statSync(`/proc/${name}`).uid === process.getuid?.() ? count + readdirSync(`/proc/${name}/task`).length : count
      } catch {
        // It has ended in the meantime.
        return count
      }
    }, 0)
}
