// What every Journal does, wherever it keeps runs. Each implementation's test calls this suite.

import {randomBytes} from 'node:crypto'
import {beforeEach, describe, expect, it} from 'vitest'
import type {RunEventBody, StateEvent} from '../../src/lib/engine/events.ts'
import type {Journal} from '../../src/lib/engine/ports.ts'
import {begun, failed, finished, log, numberEvents, started, succeeded} from '../rig/run-events.ts'
import {keptPlan, newRun} from '../rig/new-run.ts'

interface JournalUnderTest {
  readonly journal: Journal
  /** Another journal of the same runs, as another process has it. */
  readonly open: () => Promise<Journal>
}

const bodies: readonly RunEventBody[] = [
  started('a', 'b'),
  begun('a'),
  log('a', 'nul \u0000, line separator \u2028, half a pair \ud800, 😀, "quotes"'),
  log('a', 'two'),
  begun('b'),
  log('b', 'one'),
  succeeded('a'),
  failed('b'),
  finished('failed', {succeeded: 1, failed: 1}, "task 'b' failed"),
]

export function describeJournal(name: string, setUp: () => Promise<JournalUnderTest>): void {
  describe(`${name} as a journal`, () => {
    let journal: Journal
    let open: () => Promise<Journal>
    const events = numberEvents('r1', bodies)
    const sealed = {keyId: 'k1', iv: randomBytes(12), tag: randomBytes(16), ciphertext: randomBytes(40)}

    beforeEach(async () => {
      ;({journal, open} = await setUp())
    })

    /** Also of what throws at once. */
    const append = async (to: Journal, ...rest: Parameters<Journal['append']>): Promise<void> => {
      await to.append(...rest)
    }

    const eventsOf = async (from: Journal, run: string, after?: number): Promise<StateEvent[]> => {
      const stored = await from.read(run, after)
      const found: StateEvent[] = []
      for await (const event of stored?.events ?? []) found.push(event)
      return found
    }

    it('gives back the plan, and the events in order without the log', async () => {
      const {plan} = keptPlan({timeoutMs: 5000, workflow: {...keptPlan().plan.workflow, vars: {deep: [{n: 1.5, text: '\u2028'}, null]}}})
      await journal.create(newRun('r1'), {plan, isMasked: false})
      for (const batch of [events.slice(0, 1), [], events.slice(1, 5), events.slice(5)]) await journal.append('r1', batch)
      const states = events.filter(({type}) => type !== 'task.log')
      for (const reader of [journal, await open()]) {
        expect(await reader.read('r1')).toMatchObject({epoch: 1, plan: {plan, isMasked: false}})
        expect(await eventsOf(reader, 'r1')).toEqual(states)
        expect(await eventsOf(reader, 'r1', 3)).toEqual(states.slice(3))
        expect(await eventsOf(reader, 'r1', 99)).toEqual([])
      }
    })

    it('knows nothing of a run that was not created, and creates none twice', async () => {
      expect(await journal.read('r1')).toBeUndefined()
      await journal.create(newRun('r1'), keptPlan())
      expect(await eventsOf(journal, 'r1')).toEqual([])
      await expect((async () => journal.create(newRun('r1'), keptPlan()))()).rejects.toThrow()
      expect(await journal.read('r2')).toBeUndefined()
    })

    it('keeps the plan of each run, also where several runs have the same', async () => {
      const other = keptPlan({failFast: false})
      await journal.create(newRun('r1'), keptPlan())
      await journal.create(newRun('r2'), keptPlan())
      await journal.create(newRun('r3'), {...other, isMasked: true, sealed})
      expect([await journal.read('r1'), await journal.read('r2')]).toMatchObject([{plan: keptPlan()}, {plan: keptPlan()}])
      const kept = (await journal.read('r3'))?.plan
      expect(kept).toMatchObject({plan: other.plan, isMasked: true, sealed: {keyId: 'k1'}})
      expect(Buffer.from(kept?.sealed?.ciphertext ?? []).equals(sealed.ciphertext)).toBe(true)
    })

    it('appends all events of a call or none, and leaves no gap', async () => {
      await journal.create(newRun('r1'), keptPlan())
      await journal.append('r1', events.slice(0, 2))
      const begins = events[4]
      const ends = events[8]
      if (begins === undefined || ends === undefined) throw new Error('there are nine events')
      await expect(append(journal, 'r1', [begins, ends])).rejects.toThrow()
      await expect(append(journal, 'r1', [begins, begins])).rejects.toThrow()
      await expect(append(journal, 'r1', events.slice(0, 1))).rejects.toThrow()
      expect((await eventsOf(journal, 'r1')).map(({seq}) => seq)).toEqual([1, 2])
      await journal.append('r1', events.slice(2))
      expect((await eventsOf(journal, 'r1')).map(({seq}) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    })

    it('keeps sealed outputs only with the end they belong to', async () => {
      await journal.create(newRun('r1'), keptPlan())
      await expect(append(journal, 'r1', events.slice(0, 2), new Map([[2, sealed]]))).rejects.toThrow()
      await expect(append(journal, 'r1', events.slice(0, 2), new Map([[4, sealed]]))).rejects.toThrow()
      expect(await eventsOf(journal, 'r1')).toEqual([])
      await journal.append('r1', events, new Map([[4, sealed]]))
      expect(await eventsOf(journal, 'r1')).toHaveLength(6)
    })

    it('appends to no run that it has neither created nor claimed', async () => {
      await expect(append(journal, 'r1', events)).rejects.toThrow()
      await journal.create(newRun('r1'), keptPlan())
      const other = await open()
      await expect(append(other, 'r1', events)).rejects.toThrow()
      expect(await eventsOf(other, 'r1')).toEqual([])
    })

    it('lets a run go on where it stood, in other hands, and hears nothing more from the first', async () => {
      await journal.create(newRun('r1'), keptPlan())
      await journal.append('r1', events.slice(0, 6))
      const heir = await open()
      const {epoch = 0} = (await heir.read('r1')) ?? {}
      expect(await heir.claim('r1', epoch)).toBe(true)
      for (const late of [events.slice(6, 7), events.slice(3, 4)])
        await expect(append(journal, 'r1', late)).rejects.toMatchObject({code: 'RUN_TAKEN_OVER'})
      await heir.append('r1', events.slice(6))
      expect((await eventsOf(journal, 'r1')).map(({seq}) => seq)).toEqual([1, 2, 3, 4, 5, 6])
      expect(await heir.read('r1')).toMatchObject({epoch: epoch + 1, plan: keptPlan()})
    })

    it('is claimed by one of several who saw the same owner', async () => {
      await journal.create(newRun('r1'), keptPlan())
      const heirs = [await open(), await open(), await open()]
      const won = await Promise.all(heirs.map(async (heir) => heir.claim('r1', 1)))
      expect(won.filter(Boolean)).toHaveLength(1)
      for (const [index, heir] of heirs.entries()) {
        if (won[index] === true) await heir.append('r1', events.slice(0, 1))
        else await expect(append(heir, 'r1', events.slice(0, 1))).rejects.toThrow()
      }
      expect(await eventsOf(journal, 'r1')).toHaveLength(1)
    })

    it('can be claimed again, also by the first, as long as it has not finished', async () => {
      await journal.create(newRun('r1'), keptPlan())
      const other = await open()
      expect(await other.claim('r1', 1)).toBe(true)
      expect(await journal.claim('r1', 1)).toBe(false)
      expect(await journal.claim('r1', 2)).toBe(true)
      await journal.append('r1', events)
      expect(await other.claim('r1', 3)).toBe(false)
      expect(await other.claim('r2', 1)).toBe(false)
    })
  })
}
