// Keeps the tickets of concurrency groups. Each method is one statement, so that it happens as a whole, between those of other processes.

import type {FamilyTicket, GroupTickets, NewTicket, Ticket} from '../engine/requests/group-tickets.ts'
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

interface FamilyRow extends TicketRow {
  readonly group: string
  /** A list, as JSON. */
  readonly ancestors: string
}

const ticketColumns =
  'number, run_id AS run, run_limit AS runLimit, is_holding AS isHolding, owner_pid AS pid, owner_start_time AS startTime, owner_system AS system, beats'

const allTickets = `WITH RECURSIVE line (run, ancestor) AS (
    SELECT id, parent_run FROM runs WHERE id IN (SELECT run_id FROM group_tickets) AND parent_run IS NOT NULL
    UNION SELECT run, parent_run FROM line JOIN runs ON id = ancestor WHERE parent_run IS NOT NULL
  )
  SELECT ${ticketColumns}, group_name AS "group", (SELECT json_group_array(ancestor) FROM line WHERE line.run = run_id) AS ancestors
    FROM group_tickets ORDER BY number`

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
        .prepare<[string], TicketRow>(`SELECT ${ticketColumns} FROM group_tickets WHERE group_name = ? ORDER BY number`)
        .all(group)
        .map(toTicket),
    )
  }

  listAll(): FamilyTicket[] {
    return this.#guard(() =>
      this.#db
        .prepare<[], FamilyRow>(allTickets)
        .all()
        .map((row) => ({...toTicket(row), group: row.group, ancestors: JSON.parse(row.ancestors) as string[]})),
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
