// Runs a bundled plugin as it ships: bundled to one file, in a host bundled beside it, away from this project's node_modules.

import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll} from 'vitest'
import {buildPlugins} from '../../scripts/build-plugins.mjs'
import {buildHost, HostProcess} from './plugin-host.ts'

interface BundledPlugin {
  /** Path of the bundled entry point. */
  readonly main: string
  /** A new host; it is ended after the test. */
  start(): HostProcess
}

/** Call it inside `describe`: builds before the tests, removes after them. */
export function usePluginHost(name: string): BundledPlugin {
  const hosts: HostProcess[] = []
  let dir = ''
  let hostFile = ''
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'bundled-plugin-'))
    hostFile = await buildHost(join(dir, 'sdk'))
    await buildPlugins(join(dir, 'plugins'), [name])
  })
  afterEach(() => {
    for (const host of hosts.splice(0)) host.kill()
  })
  afterAll(() => {
    rmSync(dir, {recursive: true, force: true})
  })
  return {
    get main() {
      return join(dir, 'plugins', name, 'dist', 'index.js')
    },
    start() {
      const host = new HostProcess(hostFile)
      hosts.push(host)
      return host
    },
  }
}
