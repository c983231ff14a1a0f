// Node as somebody whom permissions stop. Root keeps its name, and so its way into this checkout, but gives up the right to pass over permissions.

import {spawnSync} from 'node:child_process'
import {chownSync} from 'node:fs'

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
  const {stdout} = spawnSync('ps', ['-L', '-u', String(process.getuid?.()), '-o', 'lwp='], {encoding: 'utf8'})
  return stdout.split('\n').length
}
