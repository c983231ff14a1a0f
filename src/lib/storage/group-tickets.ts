// Keeps the tickets of concurrency groups. Each method is one statement, so that it happens as a whole, between those of other processes.

import type {GroupTickets, NewTicket, Ticket} from '../engine/requests/group-tickets.ts'
import {identifyProcess} from '../util/process-identity.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {storageError} from './sqlite-error.ts'

interface TicketRow {
  readonly number: number
  readonly run: string
  readonly runLimit: number
  readonly isHolding: number
  readonly pid: number
  readonly startTime: string
  readonly system: string
  readonly beats: number
}

/** Throws STORAGE_* errors. */
export class SqliteGroupTickets implements GroupTickets {
  readonly #db: SqliteDatabase

  constructor(db: SqliteDatabase) {
    this.#db = db
  }

  add({group, run, limit}: NewTicket): number {
    const {pid, startTime, system} = identifyProcess()
    return this.#guard(() =>
      Number(
        this.#db
          .prepare(
            `INSERT INTO group_tickets (group_name, run_id, run_limit, owner_pid, owner_start_time, owner_system) VALUES (?, ?, ?, ?, ?, ?)`,
          )
          .run(group, run, limit, pid, startTime, system).lastInsertRowid,
      ),
    )
  }

  list(group: string): Ticket[] {
    return this.#guard(() =>
      this.#db
        .prepare<[string], TicketRow>(
          `SELECT number, run_id AS run, run_limit AS runLimit, is_holding AS isHolding, owner_pid AS pid, owner_start_time AS startTime,
             owner_system AS system, beats FROM group_tickets WHERE group_name = ? ORDER BY number`,
        )
        .all(group)
        .map(toTicket),
    )
  }

  hold(number: number, limit: number): boolean {
    return this.#change(
      `UPDATE group_tickets SET is_holding = 1 WHERE number = ?
         AND (SELECT count(*) FROM group_tickets AS other
                WHERE other.group_name = group_tickets.group_name AND other.number < group_tickets.number) < ?`,
      number,
      limit,
    )
  }

  beat(number: number): boolean {
    return this.#change('UPDATE group_tickets SET beats = beats + 1 WHERE number = ?', number)
  }

  remove(number: number): void {
    this.#change('DELETE FROM group_tickets WHERE number = ?', number)
  }

  removeDead({number, beats}: Ticket): boolean {
    return this.#change('DELETE FROM group_tickets WHERE number = ? AND beats = ?', number, beats)
  }

  #change(sql: string, ...parameters: readonly number[]): boolean {
    return this.#guard(() => this.#db.prepare(sql).run(...parameters).changes > 0)
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}

function toTicket({number, run, runLimit, isHolding, pid, startTime, system, beats}: TicketRow): Ticket {
  return {number, run, limit: runLimit, isHolding: isHolding !== 0, owner: {pid, startTime, system}, beats}
}
