// The hosts file of containers. An engine that is to set up no network for a container gives it no such file either,
// and without one not even `localhost` has an address.

import {chmodSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {ensureDirectory} from '../files/ensure-directory.ts'

const ownNames = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'

/**
 * Replaces the file; readable for every user a container may run as.
 * @param entries names besides those of the container itself, as `name:address`
 */
export function writeHostsFile(file: string, entries: readonly string[]): void {
  const lines = entries.map((entry) => {
    const end = entry.indexOf(':')
    return `${entry.slice(end + 1)}\t${entry.slice(0, end)}\n`
  })
  writeFileSync(file, ownNames + lines.join(''), {flag: 'wx'})
  chmodSync(file, 0o444)
}

/** The file of all containers that know no other names. It stays in the directory. Undefined when it cannot be made there. */
export function keepHostsFile(dir: string): string | undefined {
  const file = path.join(dir, 'container-hosts')
  if (read(file) === ownNames) return file
  try {
    ensureDirectory(dir)
    const temporary = `${file}.${process.pid}`
    rmSync(temporary, {force: true})
    writeHostsFile(temporary, [])
    renameSync(temporary, file)
    return file
  } catch {
    // A directory that is full or not ours to write to. Containers start without, only slower.
    return undefined
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
