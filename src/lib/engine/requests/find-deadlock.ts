// Runs that hold or wait for concurrency groups, and wait for each other: a child run waits for a group while its parent holds another one. Pure.

import type {FamilyTicket} from './group-tickets.ts'

/** One run of a circle. It waits for the next one: for its group, or as its parent. */
export interface DeadlockLink {
  readonly run: string
  /** The group that it waits for. Undefined: it holds a group, and waits for the end of the next run, which was made for it. */
  readonly group?: string
}

/**
 * The circle in which a run waits for itself, if no later ticket is part of it: of each circle exactly one run finds it, and always a child, because
 * a run can only wait for earlier tickets of its group.
 *
 * @param tickets of living owners, in order
 * @param number of the own ticket
 * @returns from the own run on
 */
export function findDeadlock(tickets: readonly FamilyTicket[], number: number): readonly DeadlockLink[] | undefined {
  const stuck = findStuck(tickets)
  const own = [...stuck].find((ticket) => ticket.number === number)
  if (own === undefined) return undefined
  const circle = [...reachable(own, stuck)].filter((ticket) => reachable(ticket, stuck).has(own))
  if (circle.length === 0 || circle.some((ticket) => ticket.number > number)) return undefined
  return pathBack(own, stuck).map(({run, group, isHolding}) => ({run, ...(!isHolding && {group})}))
}

/** Those that no end of another run can help: what is left when all that can go on has ended. */
function findStuck(tickets: readonly FamilyTicket[]): Set<FamilyTicket> {
  const stuck = new Set(tickets)
  for (let before = -1; before !== stuck.size;) {
    before = stuck.size
    for (const ticket of stuck) if (!isStuck(ticket, stuck)) stuck.delete(ticket)
  }
  return stuck
}

function isStuck(ticket: FamilyTicket, stuck: ReadonlySet<FamilyTicket>): boolean {
  const causes = causesOf(ticket, stuck)
  if (ticket.isHolding) return causes.length > 0
  return causes.length >= Math.min(ticket.limit, ...causes.map(({limit}) => limit))
}

/** What the ticket waits for: of one that waits, the tickets before it; of one that holds its group, the runs that were made for it and wait. */
function causesOf(ticket: FamilyTicket, stuck: ReadonlySet<FamilyTicket>): FamilyTicket[] {
  const isCause = (other: FamilyTicket): boolean =>
    ticket.isHolding
      ? !other.isHolding && other.ancestors.includes(ticket.run)
      : other.group === ticket.group && other.number < ticket.number
  return [...stuck].filter(isCause)
}

/** All that the ticket waits for, and these in turn. */
function reachable(ticket: FamilyTicket, stuck: ReadonlySet<FamilyTicket>): Set<FamilyTicket> {
  const found = new Set(causesOf(ticket, stuck))
  for (const next of found) for (const cause of causesOf(next, stuck)) found.add(cause)
  return found
}

/** The shortest way from a ticket that waits for itself back to it. */
function pathBack(own: FamilyTicket, stuck: ReadonlySet<FamilyTicket>): FamilyTicket[] {
  const paths: FamilyTicket[][] = [[own]]
  const seen = new Set<FamilyTicket>()
  for (const path of paths) {
    const last = path.at(-1) ?? own
    for (const cause of causesOf(last, stuck)) {
      if (cause === own) return path
      if (seen.has(cause)) continue
      seen.add(cause)
      paths.push([...path, cause])
    }
  }
  throw new Error(`run ${own.run} does not wait for itself`)
}
