// Who holds or waits for a concurrency group: one ticket per run, in the order of arrival, across all processes.

import type {ProcessIdentity} from '../../util/process-identity.ts'

export interface Ticket {
  /** Grows with every ticket; never used again. */
  readonly number: number
  readonly run: string
  readonly limit: number
  readonly isHolding: boolean
  /** The process that the run belongs to. */
  readonly owner: ProcessIdentity
  /** Counts the signs of life of the owner. */
  readonly beats: number
}

/** A ticket beside those of other groups. */
export interface FamilyTicket extends Ticket {
  readonly group: string
  /** Ids of the runs that wait for its run: its parent, and so on. */
  readonly ancestors: readonly string[]
}

export interface NewTicket {
  readonly group: string
  readonly run: string
  /** Most runs of the group at a time, in the eyes of this one. */
  readonly limit: number
}

export interface GroupTickets {
  /** Takes the next number, for a run of this process. */
  add(ticket: NewTicket): number | Promise<number>
  /** All tickets of a group, in order. */
  list(group: string): readonly Ticket[] | Promise<readonly Ticket[]>
  /** The tickets of all groups, in order. */
  listAll(): readonly FamilyTicket[] | Promise<readonly FamilyTicket[]>
  /** From now on the ticket holds the group, if fewer than `limit` are before it. One statement: nothing comes between. */
  hold(number: number, limit: number): boolean | Promise<boolean>
  /** A sign of life. false: the ticket was taken away. */
  beat(number: number): boolean | Promise<boolean>
  /** Gives the own ticket back. */
  remove(number: number): void | Promise<void>
  /** Takes the ticket of a dead owner away, unless it has shown a sign of life since it was read. */
  removeDead(ticket: Ticket): boolean | Promise<boolean>
}
