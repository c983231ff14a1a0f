// Markers tell a command that another one has died without tidying up.

import {existsSync, mkdirSync} from 'node:fs'
import path from 'node:path'
import {randomBytes} from 'node:crypto'
import {describe, expect, it, onTestFinished} from 'vitest'
import {findDeadMarkers, leaveMarker, removeDeadMarker, removeMarker} from '../../../src/lib/processes/run-marker.ts'
import {identifyProcess} from '../../../src/lib/util/process-identity.ts'

const prefixOf = (pid: number): string => `autokestra-${String(pid)}-${randomBytes(4).toString('hex')}-`

function leave(prefix: string, startTime = identifyProcess().startTime): string {
  const marker = leaveMarker(prefix, {...identifyProcess(), startTime})
  if (marker === undefined) throw new Error('no marker was left')
  onTestFinished(() => {
    removeMarker(marker)
  })
  return marker
}

const deadPrefixes = (): string[] => findDeadMarkers()?.map(({prefix}) => prefix) ?? []

describe.runIf(process.platform === 'linux')('a marker', () => {
  it('of a process that lives says nothing', () => {
    const prefix = prefixOf(process.pid)
    leave(prefix)
    expect(deadPrefixes()).not.toContain(prefix)
  })

  it('of an earlier process with the same number tells that it is dead', () => {
    const prefix = prefixOf(process.pid)
    leave(prefix, '1')
    expect(deadPrefixes()).toContain(prefix)
  })

  it('is gone when its process has removed it', () => {
    const prefix = prefixOf(process.pid)
    removeMarker(leave(prefix, '1'))
    expect(deadPrefixes()).not.toContain(prefix)
  })

  it('is removed with all that the dead runtime had beside it, and nothing else', () => {
    const [prefix, other] = [prefixOf(process.pid), prefixOf(process.pid)]
    const [marker, otherMarker] = [leave(prefix, '1'), leave(other, '1')]
    const pipes = path.join(path.dirname(marker), `${prefix}AbCdEf`)
    mkdirSync(pipes)
    removeDeadMarker({prefix})
    expect([marker, pipes, otherMarker].map((file) => existsSync(file))).toEqual([false, false, true])
  })

  it('is none when its name is of another form', () => {
    const other = `autokestra-${String(process.pid)}-other-`
    leave(other, '1')
    leave('something-', '1')
    expect(deadPrefixes().filter((prefix) => prefix === other || prefix.startsWith('something'))).toEqual([])
  })
})
