import {describe, expect, it} from 'vitest'
import {RunOwners} from '../../../../src/lib/engine/owners/run-owners.ts'
import type {OwnedRun} from '../../../../src/lib/engine/owners/run-leases.ts'
import type {ProcessLife} from '../../../../src/lib/util/process-identity.ts'

/** A run whose owner the test moves, and a clock that goes 100 ms with every look. */
function scene(life: ProcessLife = 'unknown') {
  const state = {
    run: {id: 'r', status: 'running', epoch: 1, owner: {pid: 1, startTime: '1', system: 'x-1'}, beats: 3} as OwnedRun,
    life,
    looks: 0,
    nowMs: 0,
    onLook: (_look: number): void => undefined,
  }
  const owners = new RunOwners({
    leases: {
      find: () => {
        state.onLook((state.looks += 1))
        return state.run
      },
    },
    elapsed: () => (state.nowMs += 100),
    lifeOf: () => state.life,
    leaseMs: 1000,
    pollMs: 0,
  })
  return {state, owners}
}

describe('a look', () => {
  it.each([
    ['gone', 'free'],
    ['alive', 'held'],
    ['stopped', 'unknown'],
    ['unknown', 'unknown'],
  ] as const)('at a process that is %s: %s', async (life, kind) => {
    const {owners} = scene(life)
    expect((await owners.look('r')).kind).toBe(kind)
  })

  it.each(['succeeded', 'failed', 'cancelled'] as const)('at a run that has %s asks nobody', async (status) => {
    const {state, owners} = scene('gone')
    state.run = {...state.run, status}
    expect((await owners.look('r')).kind).toBe('over')
    expect((await owners.judge('r')).kind).toBe('over')
  })
})

describe('an owner that cannot be seen', () => {
  it('has lost its run after a lease without a sign of life, and that is said before', async () => {
    const {state, owners} = scene()
    const waits: number[] = []
    expect(await owners.judge('r', {onWait: (_run, waitMs) => waits.push(waitMs)})).toMatchObject({kind: 'free', run: {epoch: 1}})
    expect(waits).toEqual([1000])
    expect(state.nowMs).toBeGreaterThanOrEqual(1000)
  })

  it('keeps it with a sign of life, also if the reader has slept through the lease', async () => {
    const {state, owners} = scene()
    state.onLook = (look) => {
      if (look !== 2) return
      state.nowMs += 100_000
      state.run = {...state.run, beats: 4}
    }
    expect((await owners.judge('r')).kind).toBe('held')
  })

  it('is judged anew when another one has taken the run', async () => {
    const {state, owners} = scene()
    state.onLook = (look) => {
      if (look === 5) state.run = {...state.run, epoch: 2, beats: 9}
    }
    expect(await owners.judge('r')).toMatchObject({kind: 'free', run: {epoch: 2}})
    expect(state.looks).toBeGreaterThanOrEqual(5 + 9)
  })

  it('is held when it goes on, and free when it dies', async () => {
    for (const [life, kind] of [
      ['alive', 'held'],
      ['gone', 'free'],
    ] as const) {
      const {state, owners} = scene('stopped')
      state.onLook = (look) => {
        if (look === 3) state.life = life
      }
      expect((await owners.judge('r')).kind).toBe(kind)
    }
  })

  it('is no longer waited for after an abort', async () => {
    const {owners} = scene()
    const stop = new AbortController()
    const judged = owners.judge('r', {
      signal: stop.signal,
      onWait: () => {
        stop.abort(new Error('enough'))
      },
    })
    await expect(judged).rejects.toThrow('enough')
  })
})
