// Hosts of the SDK built from its sources, and a directory for the plugins they load. Everything is removed after the test.

import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach} from 'vitest'
import {buildHost, HostProcess, type HostOptions} from './plugin-host.ts'

interface SdkHosts {
  /** Empty at the start of each test. */
  readonly dir: string
  /** A new host; it is ended after the test. */
  start(options?: HostOptions): HostProcess
}

/** Call it at the top of a test file. */
export function useSdkHosts(): SdkHosts {
  const hosts: HostProcess[] = []
  let sdkDir = ''
  let hostFile = ''
  let dir = ''
  beforeAll(async () => {
    sdkDir = mkdtempSync(join(tmpdir(), 'sdk-'))
    hostFile = await buildHost(sdkDir)
  })
  afterAll(() => {
    rmSync(sdkDir, {recursive: true, force: true})
  })
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'plugin-'))
  })
  afterEach(() => {
    for (const host of hosts.splice(0)) host.kill()
    rmSync(dir, {recursive: true, force: true})
  })
  return {
    get dir() {
      return dir
    },
    start(options) {
      const host = new HostProcess(hostFile, options)
      hosts.push(host)
      return host
    },
  }
}
