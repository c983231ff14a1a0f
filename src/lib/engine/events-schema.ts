// The JSON Schema of one line of an event stream, for programs that read it. New fields and types may come within a version: nothing is closed.

import type {JsonObject, JsonValue} from '../util/json.ts'
import {hookLists} from '../workflow/hooks.ts'
import {eventsVersion, type RunEventBody} from './events.ts'

const text: JsonObject = {type: 'string'}
const time: JsonObject = {type: 'string', format: 'date-time'}
const flag: JsonObject = {type: 'boolean'}
const amount: JsonObject = {type: 'number', minimum: 0}
const count: JsonObject = {type: 'integer', minimum: 0}
const anyOf = (...values: string[]): JsonObject => ({enum: values})

/** Names that end with `?` may be absent. */
function fields(named: Readonly<Record<string, JsonValue>>): JsonObject {
  const properties = Object.fromEntries(Object.entries(named).map(([name, schema]) => [name.replace('?', ''), schema]))
  return {type: 'object', required: Object.keys(named).filter((name) => !name.endsWith('?')), properties}
}

const error = fields({
  code: text,
  message: text,
  retryable: flag,
  'exitCode?': {type: 'integer'},
  'signal?': text,
  'details?': {type: 'array', items: text},
})
const metrics = fields({
  durationMs: amount,
  'exitCode?': {type: 'integer'},
  'signal?': text,
  'peakMemoryBytes?': amount,
  'cpuTimeMs?': amount,
  'networkRequests?': count,
  'networkRefusals?': count,
})
const cache: JsonObject = {
  oneOf: [
    fields({isHit: {const: true}, run: text}),
    fields({isHit: {const: false}, reasons: {type: 'array', items: text}, 'more?': count}),
  ],
}
const kept: JsonObject = {
  oneOf: [
    fields({isKept: {const: true}, run: text, attempt: {type: 'integer', minimum: 1}}),
    fields({isKept: {const: false}, reasons: {type: 'array', items: text}, 'more?': count}),
  ],
}
const taskInFile = fields({id: text, type: text, needs: {type: 'array', items: text}})
const hook = {id: text, type: text, needs: {type: 'array', items: text}, hook: anyOf(...hookLists)}
const ends = fields({succeeded: count, failed: count, skipped: count, cancelled: count})
const startedBy: JsonObject = {
  oneOf: [
    fields({kind: {const: 'person'}, user: text, terminal: flag}),
    fields({kind: {const: 'agent'}, user: text, agent: text}),
    fields({kind: {const: 'run'}, run: text, task: text}),
  ],
}
const attempt: JsonObject = {type: 'integer', minimum: 1}

/** The compiler asks for every type of event; a test compares their fields with those of real runs. */
const bodies: Readonly<Record<RunEventBody['type'], Readonly<Record<string, JsonValue>>>> = {
  'run.started': {
    'version?': {const: eventsVersion},
    workflow: text,
    file: text,
    'parent?': fields({run: text, task: text}),
    'retryOf?': fields({run: text, 'from?': {type: 'array', items: text}, 'only?': {type: 'array', items: text}}),
    'startedBy?': startedBy,
    'traceId?': {type: 'string', pattern: '^[0-9a-f]{32}$'},
    'inputs?': {type: 'object'},
    tasks: {type: 'array', items: taskInFile},
  },
  'run.resumed': {epoch: {type: 'integer', minimum: 2}, 'startedBy?': startedBy},
  'run.parked': {'until?': time, durationMs: amount},
  'run.queued': {group: text, holders: {type: 'array', items: text, minItems: 1}},
  'run.admitted': {group: text},
  'run.refused': {status: anyOf('succeeded', 'failed'), reason: text},
  'task.expanded': {task: text, items: {type: 'array', items: text}},
  'task.started': {task: text, attempt},
  'task.child': {task: text, attempt, child: text},
  'task.waiting': {task: text, attempt, for: anyOf('approval'), message: text, 'deadlineAt?': time},
  'task.answered': {task: text, attempt, answer: anyOf('approved', 'rejected'), by: text, at: time, 'comment?': text},
  'task.log': {
    task: text,
    attempt,
    stream: anyOf('stdout', 'stderr', 'log'),
    level: anyOf('debug', 'info', 'warn', 'error'),
    message: text,
    'fields?': {type: 'object'},
  },
  'task.retrying': {task: text, attempt, delayMs: amount, error, metrics},
  'task.polled': {task: text, attempt, delayMs: amount, 'seen?': text, metrics},
  'task.interrupted': {task: text, attempt, next: anyOf('again', 'skip', 'fail', 'cancel')},
  'task.finished': {
    task: text,
    attempt: count,
    status: anyOf('succeeded', 'failed', 'cancelled'),
    'output?': true,
    'isOutputMasked?': flag,
    'files?': {type: 'object'},
    'areFilesMasked?': flag,
    'error?': error,
    metrics,
    'durationMs?': amount,
    'cache?': cache,
    'kept?': kept,
    'isTolerated?': flag,
    'items?': ends,
  },
  'task.required': {task: text},
  'var.computed': {name: text, value: text, 'isMasked?': flag},
  'task.skipped': {task: text, reason: text},
  diagnostic: {severity: anyOf('warning', 'error'), code: text, message: text, 'task?': text},
  'run.stopping': {cause: anyOf('interrupted', 'terminated', 'timeout', 'cancelled'), 'reason?': text, 'atOnce?': flag},
  'hooks.started': {status: anyOf('succeeded', 'failed', 'cancelled'), 'reason?': text, tasks: {type: 'array', items: fields(hook)}},
  'run.finished': {
    status: anyOf('succeeded', 'failed', 'cancelled'),
    durationMs: amount,
    'outputs?': {type: 'object'},
    'areOutputsMasked?': flag,
    'reason?': text,
    counts: ends,
  },
}

export const eventsSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A line of `--events`',
  oneOf: [
    fields({type: {const: 'version'}, format: {const: 'autokestra-events'}, version: {const: eventsVersion}}),
    ...Object.entries(bodies).map(([type, body]) =>
      fields({
        [type === 'task.log' ? 'line' : 'seq']: attempt,
        ts: time,
        run: text,
        type: {const: type},
        ...body,
      }),
    ),
  ],
}
