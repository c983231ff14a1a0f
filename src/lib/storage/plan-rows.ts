// The plans of runs: JSON, and each only once, however many runs there are of it.

import {createHash} from 'node:crypto'
import type {Plan} from '../engine/plan.ts'
import type {KeptPlan} from '../engine/ports.ts'
import {contextOfPlan} from '../engine/sealed-output.ts'
import {defined} from '../util/defined.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {readSealed} from './run-outputs.ts'

/** The number of its row. Call in a transaction. */
export function keepPlan(db: SqliteDatabase, plan: Plan): number {
  const text = JSON.stringify(plan)
  const digest = createHash('sha256').update(text).digest()
  const known = db.prepare<[Buffer], number>('SELECT number FROM plans WHERE digest = ?').pluck().get(digest)
  return known ?? Number(db.prepare('INSERT INTO plans (digest, plan) VALUES (?, ?)').run(digest, text).lastInsertRowid)
}

/** Undefined: an earlier version made the run. */
export function findPlan(db: SqliteDatabase, runNumber: number): KeptPlan | undefined {
  const row = db
    .prepare<[number], {plan: string; isMasked: number}>(
      'SELECT plan, is_plan_masked AS isMasked FROM runs JOIN plans ON plans.number = plan_number WHERE runs.number = ?',
    )
    .get(runNumber)
  if (row === undefined) return undefined
  const sealed = row.isMasked === 0 ? undefined : readSealed(db, runNumber).get(contextOfPlan.task)
  // This program wrote it, and every version says in the plan which format it has.
  return {plan: JSON.parse(row.plan) as Plan, isMasked: row.isMasked !== 0, ...defined({sealed})}
}
