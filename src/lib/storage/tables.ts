// The tables as drizzle sees them. The SQL of the migrations is the truth; a test compares the two.

import {index, integer, sqliteTable, text, unique} from 'drizzle-orm/sqlite-core'
import {sql} from 'drizzle-orm'

export const runs = sqliteTable(
  'runs',
  {
    /** Grows with every run: the order in which runs were made. */
    number: integer('number').primaryKey(),
    id: text('id').notNull().unique(),
    workflowId: text('workflow_id').notNull(),
    file: text('file').notNull(),
    startedAt: text('started_at').notNull(),
    status: text('status', {enum: ['running', 'succeeded', 'failed', 'cancelled', 'interrupted']})
      .notNull()
      .default('running'),
    reason: text('reason'),
    finishedAt: text('finished_at'),
    durationMs: integer('duration_ms'),
    taskCount: integer('task_count'),
    succeededCount: integer('succeeded_count'),
    failedCount: integer('failed_count'),
    skippedCount: integer('skipped_count'),
    cancelledCount: integer('cancelled_count'),
    ownerPid: integer('owner_pid').notNull(),
    ownerStartTime: text('owner_start_time').notNull(),
    ownerSystem: text('owner_system').notNull(),
  },
  (table) => [index('runs_by_workflow').on(table.workflowId, table.number)],
)

export const events = sqliteTable(
  'events',
  {
    runNumber: integer('run_number')
      .notNull()
      .references(() => runs.number, {onDelete: 'cascade'}),
    seq: integer('seq').notNull(),
    type: text('type').notNull(),
    task: text('task'),
    attempt: integer('attempt'),
    line: text('line').notNull(),
  },
  (table) => [
    unique().on(table.runNumber, table.seq),
    index('events_without_logs')
      .on(table.runNumber, table.seq)
      .where(sql`${table.type} <> 'task.log'`),
  ],
)
