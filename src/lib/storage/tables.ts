// The tables as drizzle sees them. The SQL of the migrations is the truth; a test compares the two.

import {blob, index, integer, sqliteTable, text, unique, type AnySQLiteColumn} from 'drizzle-orm/sqlite-core'
import {sql, type SQL} from 'drizzle-orm'

export const runs = sqliteTable(
  'runs',
  {
    /** Grows with every run: the order in which runs were made. */
    number: integer('number').primaryKey(),
    id: text('id').notNull().unique(),
    workflowId: text('workflow_id').notNull(),
    file: text('file').notNull(),
    startedAt: text('started_at').notNull(),
    status: text('status').$type<'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'>().notNull().default('running'),
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
    planNumber: integer('plan_number').references(() => plans.number),
    isPlanMasked: integer('is_plan_masked', {mode: 'boolean'}).notNull().default(false),
    eventsVersion: integer('events_version').notNull().default(1),
    epoch: integer('epoch').notNull().default(1),
    parentRun: text('parent_run'),
    parentTask: text('parent_task'),
    ownerHost: text('owner_host'),
    beats: integer('beats').notNull().default(0),
    beatAt: integer('beat_at'),
    retryOf: text('retry_of'),
    isWaiting: integer('is_waiting', {mode: 'boolean'}).notNull().default(false),
    waitsUntil: text('waits_until'),
    isRemoved: integer('is_removed', {mode: 'boolean'}).notNull().default(false),
  },
  (table) => [
    index('runs_by_workflow').on(table.workflowId, table.number),
    partialIndex('runs_by_plan', table.planNumber, sql`${table.planNumber} IS NOT NULL`),
    partialIndex('runs_by_parent', table.parentRun, sql`${table.parentRun} IS NOT NULL`),
    partialIndex('removed_runs', table.number, sql`${table.isRemoved} = 1`),
  ],
)

export const plans = sqliteTable('plans', {
  number: integer('number').primaryKey(),
  digest: bytes('digest').notNull().unique(),
  plan: text('plan').notNull(),
})

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

export const logLines = sqliteTable(
  'log_lines',
  {
    number: integer('number').primaryKey(),
    runNumber: integer('run_number')
      .notNull()
      .references(() => runs.number, {onDelete: 'cascade'}),
    afterSeq: integer('after_seq').notNull(),
    task: text('task').notNull(),
    attempt: integer('attempt').notNull(),
    lineNumber: integer('line_number').notNull(),
    line: text('line').notNull(),
  },
  (table) => [index('log_lines_in_order').on(table.runNumber, table.afterSeq)],
)

export const runRequests = sqliteTable(
  'run_requests',
  {
    number: integer('number').primaryKey({autoIncrement: true}),
    runNumber: integer('run_number')
      .notNull()
      .references(() => runs.number, {onDelete: 'cascade'}),
    kind: text('kind', {enum: ['approve', 'reject', 'cancel']}).notNull(),
    task: text('task'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: text('requested_at').notNull(),
    comment: text('comment'),
    answeredAt: text('answered_at'),
    isAtOnce: integer('is_at_once', {mode: 'boolean'}).notNull().default(false),
  },
  (table) => [
    partialIndex('open_run_requests', table.runNumber, sql`${table.answeredAt} IS NULL`),
    index('run_requests_by_run').on(table.runNumber),
  ],
)

export const groupTickets = sqliteTable(
  'group_tickets',
  {
    number: integer('number').primaryKey({autoIncrement: true}),
    groupName: text('group_name').notNull(),
    runId: text('run_id').notNull(),
    runLimit: integer('run_limit').notNull(),
    isHolding: integer('is_holding', {mode: 'boolean'}).notNull().default(false),
    ownerPid: integer('owner_pid').notNull(),
    ownerStartTime: text('owner_start_time').notNull(),
    ownerSystem: text('owner_system').notNull(),
    beats: integer('beats').notNull().default(0),
  },
  (table) => [index('group_tickets_in_order').on(table.groupName, table.number)],
)

/** At most one row. */
export const secretStore = sqliteTable('secret_store', {
  id: integer('id').primaryKey(),
  format: integer('format').notNull(),
  storeId: bytes('store_id').notNull(),
  salt: bytes('salt').notNull(),
  kdf: text('kdf').notNull(),
  checkValue: bytes('check_value').notNull(),
  activeKeyId: text('active_key_id')
    .notNull()
    .references(() => secretKeys.id),
  generation: integer('generation').notNull(),
  digest: bytes('digest').notNull(),
  digestIv: bytes('digest_iv').notNull(),
  digestTag: bytes('digest_tag').notNull(),
  auditSeq: integer('audit_seq').notNull(),
  auditHash: bytes('audit_hash').notNull(),
  mac: bytes('mac').notNull(),
})

export const secretKeys = sqliteTable('secret_keys', {
  id: text('id').primaryKey(),
  createdAt: text('created_at').notNull(),
  ciphertext: bytes('encrypted_key').notNull(),
  iv: bytes('iv').notNull(),
  tag: bytes('auth_tag').notNull(),
})

export const secrets = sqliteTable(
  'secrets',
  {
    name: text('name').primaryKey(),
    keyId: text('key_id')
      .notNull()
      .references(() => secretKeys.id),
    format: integer('format').notNull(),
    version: integer('version').notNull(),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
    iv: bytes('iv').notNull(),
    tag: bytes('auth_tag').notNull(),
    ciphertext: bytes('encrypted_value').notNull(),
  },
  (table) => [unique().on(table.keyId, table.iv)],
)

export const secretLedger = sqliteTable('secret_ledger', {
  name: text('name').primaryKey(),
  version: integer('version').notNull(),
  code: bytes('code').notNull(),
  isDeleted: integer('is_deleted', {mode: 'boolean'}).notNull(),
})

export const secretAudit = sqliteTable('secret_audit', {
  seq: integer('seq').primaryKey(),
  at: text('at').notNull(),
  action: text('action').notNull(),
  names: text('names', {mode: 'json'}).$type<readonly string[]>().notNull(),
  nameCount: integer('name_count').notNull(),
  user: text('user').notNull(),
  command: text('command').notNull(),
  run: text('run'),
  hash: bytes('hash').notNull(),
})

export const sealedOutputs = sqliteTable(
  'sealed_outputs',
  {
    runNumber: integer('run_number')
      .notNull()
      .references(() => runs.number, {onDelete: 'cascade'}),
    task: text('task').notNull(),
    attempt: integer('attempt').notNull(),
    keyId: text('key_id').notNull(),
    iv: bytes('iv').notNull(),
    tag: bytes('auth_tag').notNull(),
    ciphertext: bytes('ciphertext').notNull(),
  },
  (table) => [unique().on(table.runNumber, table.task, table.attempt), index('sealed_outputs_by_key').on(table.keyId)],
)

export const taskResults = sqliteTable(
  'task_results',
  {
    number: integer('number').primaryKey(),
    file: text('file').notNull(),
    task: text('task').notNull(),
    digest: text('digest').notNull(),
    run: text('run').notNull(),
    storedAt: integer('stored_at').notNull(),
    parts: text('parts').notNull(),
    output: text('output').notNull(),
    files: text('files').notNull(),
    products: text('products').notNull(),
  },
  (table) => [
    unique().on(table.file, table.task, table.digest),
    index('task_results_in_order').on(table.file, table.task, table.number),
    index('task_results_by_age').on(table.storedAt),
  ],
)

export const runningMakers = sqliteTable(
  'running_makers',
  {
    number: integer('number').primaryKey(),
    file: text('file').notNull(),
    task: text('task').notNull(),
    run: text('run').notNull(),
    ownerPid: integer('owner_pid').notNull(),
    ownerStartTime: text('owner_start_time').notNull(),
    ownerSystem: text('owner_system').notNull(),
    isShared: integer('is_shared', {mode: 'boolean'}).notNull(),
  },
  (table) => [index('running_makers_by_task').on(table.file, table.task)],
)

function partialIndex(name: string, column: AnySQLiteColumn, where: SQL) {
  return index(name).on(column).where(where)
}
function bytes(name: string) {
  return blob(name, {mode: 'buffer'})
}
