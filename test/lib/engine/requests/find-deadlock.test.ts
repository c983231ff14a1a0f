// Circles of runs that wait for each other, by hand and at random against a model that lets everything end that can.

import {describe, expect, it} from 'vitest'
import {findDeadlock} from '../../../../src/lib/engine/requests/find-deadlock.ts'
import type {FamilyTicket} from '../../../../src/lib/engine/requests/group-tickets.ts'
import {randomOf} from '../../../rig/random.ts'

/** `p.q` is a child of `p`. `a` waits for the group a, `A` holds it; a number after it is the limit. Tickets in order. */
function tickets(text: string): FamilyTicket[] {
  return text.split(' ').map((word, index) => {
    const [run = '', group = ''] = word.split(':')
    const names = run.split('.')
    return {
      ...{
        number: index + 1,
        run,
        limit: Number(group.slice(1) || 1),
        isHolding: /^[A-Z]/.test(group),
        group: group.charAt(0).toLowerCase(),
      },
      ancestors: names.slice(1).map((_, length) => names.slice(0, length + 1).join('.')),
      ...{owner: {pid: 1, startTime: '1', system: 's'}, beats: 0},
    }
  })
}

/** What each ticket finds: `run -> run`, with the groups. */
function found(all: readonly FamilyTicket[]): string[] {
  return all.flatMap(({number}) => {
    const circle = findDeadlock(all, number)
    return circle === undefined ? [] : [circle.map(({run, group}) => (group === undefined ? run : `${run}(${group})`)).join(' ')]
  })
}

describe('a circle', () => {
  it.each([
    ['p:A q:B p.1:b q.1:a', ['q.1(a) p p.1(b) q']],
    ['p:A q:B q.1:a p.1:b', ['p.1(b) q q.1(a) p']],
    ['p:A q:B r:C p.1:b q.1:c r.1:a', ['r.1(a) p p.1(b) q q.1(c) r']],
    // Of the descendants, one that is not the child itself, and one whose parent has no group.
    ['p:A q.1:B p.1.1:b q.1.1:a', ['q.1.1(a) p p.1.1(b) q.1']],
    // Somebody who waits in between belongs to it; somebody who comes later does not.
    ['p:A q:B x:b q.1:a p.1:b y:a z:b', ['p.1(b) q q.1(a) p']],
    ['p:A q:B r:b p.1:b q.1:a r.1:c', ['q.1(a) p p.1(b) q']],
    // Both holders of a group with two are stuck.
    ['p:A2 s:A2 q:B p.1:b s.1:b q.1:a2', ['q.1(a) p p.1(b) q']],
    // The smallest limit counts.
    ['p:A1 q:B p.1:b q.1:a3', ['q.1(a) p p.1(b) q']],
    ['p:A q:B p.1:b q.1:a t:D u:E t.1:e u.1:d', ['q.1(a) p p.1(b) q', 'u.1(d) t t.1(e) u']],
    // A child that waits for its own parent.
    ['p:A p.1:a', ['p.1(a) p']],
  ])('%s', (text, circles) => {
    expect(found(tickets(text))).toEqual(circles)
  })

  it.each([
    'p:A q:B p.1:b',
    'p:A q:B p.1:b q.1:c',
    'p:A x:a y:a',
    // The other holder of the group can end.
    'p:A2 s:A2 q:B p.1:b q.1:a2',
    'p:A q:B3 p.1:b3 q.1:a',
    // Same order.
    'p:A q:a p.1:B r:a',
    // The child holds what it wants.
    'p:A q:B p.1:C q.1:a r.1:c',
    // Free by now.
    'p.1:b q:A q.1:b',
  ])('is not %s', (text) => {
    expect(found(tickets(text))).toEqual([])
  })
})

it('of random runs is found if and only if some of them could never end, and all can once those that find one give up', () => {
  const random = randomOf(7)
  let deadlocks = 0
  for (let round = 0; round < 5000; round += 1) {
    let all = randomTickets(random)
    const isDead = leftOver(all).length > 0
    expect([round, found(all).length > 0]).toEqual([round, isDead])
    deadlocks += Number(isDead)
    for (;;) {
      const victims = all.filter(({number}) => findDeadlock(all, number) !== undefined)
      if (victims.length === 0) break
      expect(victims.every(({isHolding, ancestors}) => !isHolding && ancestors.length > 0)).toBe(true)
      all = all.filter((ticket) => !victims.includes(ticket))
    }
    expect(leftOver(all)).toEqual([])
  }
  expect(deadlocks).toBeGreaterThan(500)
  expect(deadlocks).toBeLessThan(4500)
})

/** Runs take turns: each lets in whom it may, and those in may start a child that wants a group. */
function randomTickets(random: (below: number) => number): FamilyTicket[] {
  const all: FamilyTicket[] = []
  const count = 2 + random(9)
  for (let number = 1; number <= count; number += 1) {
    const group = 'abcd'.charAt(random(4))
    const limit = 1 + random(random(3) + 1)
    const parents = all.filter(({isHolding}) => isHolding)
    const parent = random(3) > 0 ? parents[random(parents.length || 1)] : undefined
    const before = all.filter((ticket) => ticket.group === group)
    const isHolding = before.length < Math.min(limit, ...before.map((ticket) => ticket.limit))
    const ancestors = parent === undefined ? [] : [parent.run, ...parent.ancestors]
    all.push({number, run: `r${number}`, group, limit, isHolding, ancestors, owner: {pid: 1, startTime: '1', system: 's'}, beats: 0})
  }
  return all
}

/** What is left when everything has happened that can: runs that hold their group and have no child that waits end, and the next ones come in. */
function leftOver(all: readonly FamilyTicket[]): string[] {
  const left = all.map((ticket) => ({...ticket}))
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false
    for (const ticket of left) {
      const before = left.filter(({group, number}) => group === ticket.group && number < ticket.number)
      if (!ticket.isHolding && before.length < Math.min(ticket.limit, ...before.map(({limit}) => limit))) {
        ticket.isHolding = true
        hasChanged = true
      }
    }
    const ended = left.findIndex(({run, isHolding}) => isHolding && !left.some(({ancestors}) => ancestors.includes(run)))
    if (ended !== -1) {
      left.splice(ended, 1)
      hasChanged = true
    }
  }
  return left.map(({run}) => run)
}
