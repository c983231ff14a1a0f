import {setTimeout as sleep} from 'node:timers/promises'
import {expect, it} from 'vitest'
import {Lease, type LeaseOptions} from '../../../../src/lib/engine/owners/lease.ts'
import type {Beat} from '../../../../src/lib/engine/owners/run-leases.ts'
import {until} from '../../../rig/processes.ts'

function scene(answer: () => Promise<Beat>, more: Partial<LeaseOptions> = {}) {
  const seen = {beats: 0, lost: 0, requests: 0}
  const lease = new Lease({
    beat: () => {
      seen.beats += 1
      return answer()
    },
    onLost: () => (seen.lost += 1),
    onRequests: () => (seen.requests += 1),
    beatMs: 5,
    ...more,
  })
  return {seen, lease}
}

const own: Beat = {isLost: false, hasRequests: false}

it('gives signs of life until its end', async () => {
  const {seen, lease} = scene(() => Promise.resolve(own))
  await until(() => seen.beats >= 3)
  lease.end()
  const {beats} = seen
  await sleep(50)
  expect(seen.beats).toBe(beats)
  expect(seen.lost).toBe(0)
})

it('is lost once, and gives no sign of life after that', async () => {
  const {seen, lease} = scene(() => Promise.resolve({isLost: true, hasRequests: false}))
  await until(() => seen.lost === 1)
  await sleep(50)
  expect(seen).toEqual({beats: 1, lost: 1, requests: 0})
  expect(await lease.confirm()).toBe(false)
})

it('is not lost by a database that cannot be written for a while', async () => {
  let failures = 3
  const {seen, lease} = scene(() => (failures-- > 0 ? Promise.reject(new Error('busy')) : Promise.resolve({...own, hasRequests: true})))
  await until(() => seen.requests > 0)
  lease.end()
  expect(seen.lost).toBe(0)
})

it('is looked at before a start only when nothing was heard for as long as it holds', async () => {
  const {seen, lease} = scene(() => Promise.resolve({isLost: true, hasRequests: false}), {beatMs: 60_000, leaseMs: 30})
  expect(lease.confirm()).toBe(true)
  await sleep(40)
  expect(seen.beats).toBe(0)
  expect(await lease.confirm()).toBe(false)
  expect(seen).toMatchObject({beats: 1, lost: 1})
})
