// The names that this machine lists itself. Read again when the file has changed: some have 100,000 lines.

import {readFile, stat} from 'node:fs/promises'
import {isIP} from 'node:net'

interface ListedAddress {
  readonly address: string
  readonly family: number
}

interface HostsFile {
  readonly state: string
  readonly names: ReadonlyMap<string, readonly ListedAddress[]>
}

const files = new Map<string, HostsFile>()

/** Empty when the name is not listed, and when there is no such file. @param name in lower case */
export async function findInHostsFile(file: string, name: string): Promise<readonly ListedAddress[]> {
  try {
    const {mtimeMs, size, ino} = await stat(file)
    const state = `${String(mtimeMs)} ${String(size)} ${String(ino)}`
    let known = files.get(file)
    if (known?.state !== state) {
      known = {state, names: parse(await readFile(file, 'utf8'))}
      files.set(file, known)
    }
    return known.names.get(name) ?? []
  } catch {
    // Not there, or not for us to read.
    return []
  }
}

function parse(text: string): Map<string, ListedAddress[]> {
  const names = new Map<string, ListedAddress[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const family = isIP(address)
    if (family === 0) continue
    for (const alias of aliases) {
      const name = alias.toLowerCase()
      names.set(name, [...(names.get(name) ?? []), {address, family}])
    }
  }
  return names
}
