// docs/events.md and the event stream of real runs agree, field by field.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {AttemptMetrics, RunEvent, RunEventBody, TaskError} from '../../src/lib/engine/events.ts'
import {readPage} from '../rig/doc-page.ts'
import {haltOnce, killAt} from '../rig/interrupted-run.ts'
import {endOf, parseEvents, Project} from '../rig/project.ts'
import {packageRoot} from '../rig/workflow-command.ts'

type Presence<T> = {readonly [K in keyof T]-?: undefined extends T[K] ? 'sometimes' : 'always'}

/** The compiler keeps this in step with the types of the engine: a field more or less, or one that becomes optional, is an error here. */
const eventFields: {readonly [T in RunEventBody['type']]: Omit<Presence<Extract<RunEventBody, {type: T}>>, 'type'>} = {
  'run.started': {
    version: 'sometimes',
    workflow: 'always',
    file: 'always',
    parent: 'sometimes',
    startedBy: 'sometimes',
    retryOf: 'sometimes',
    traceId: 'sometimes',
    inputs: 'sometimes',
    tasks: 'always',
  },
  'run.resumed': {epoch: 'always', startedBy: 'sometimes'},
  'run.parked': {until: 'sometimes', durationMs: 'always'},
  'run.queued': {group: 'always', holders: 'always'},
  'run.admitted': {group: 'always'},
  'run.refused': {status: 'always', reason: 'always'},
  'task.expanded': {task: 'always', items: 'always'},
  'task.started': {task: 'always', attempt: 'always'},
  'task.child': {task: 'always', attempt: 'always', child: 'always'},
  'task.waiting': {task: 'always', attempt: 'always', for: 'always', message: 'always', deadlineAt: 'sometimes'},
  'task.answered': {task: 'always', attempt: 'always', answer: 'always', by: 'always', at: 'always', comment: 'sometimes'},
  'task.log': {task: 'always', attempt: 'always', stream: 'always', level: 'always', message: 'always', fields: 'sometimes'},
  'task.retrying': {task: 'always', attempt: 'always', delayMs: 'always', error: 'always', metrics: 'always'},
  'task.polled': {task: 'always', attempt: 'always', delayMs: 'always', seen: 'sometimes', metrics: 'always'},
  'task.interrupted': {task: 'always', attempt: 'always', next: 'always'},
  'task.finished': {
    task: 'always',
    attempt: 'always',
    status: 'always',
    output: 'sometimes',
    isOutputMasked: 'sometimes',
    files: 'sometimes',
    areFilesMasked: 'sometimes',
    error: 'sometimes',
    metrics: 'always',
    durationMs: 'sometimes',
    cache: 'sometimes',
    kept: 'sometimes',
    isTolerated: 'sometimes',
    items: 'sometimes',
  },
  'task.required': {task: 'always'},
  'var.computed': {name: 'always', value: 'always', isMasked: 'sometimes'},
  'task.skipped': {task: 'always', reason: 'always'},
  diagnostic: {severity: 'always', code: 'always', message: 'always', task: 'sometimes'},
  'run.stopping': {cause: 'always', reason: 'sometimes', atOnce: 'sometimes'},
  'hooks.started': {status: 'always', reason: 'sometimes', tasks: 'always'},
  'run.finished': {
    status: 'always',
    durationMs: 'always',
    outputs: 'sometimes',
    areOutputsMasked: 'sometimes',
    reason: 'sometimes',
    counts: 'always',
  },
}
const errorFields: Presence<TaskError> = {
  code: 'always',
  message: 'always',
  retryable: 'always',
  exitCode: 'sometimes',
  signal: 'sometimes',
  details: 'sometimes',
}
const metricsFields: Presence<AttemptMetrics> = {
  durationMs: 'always',
  exitCode: 'sometimes',
  signal: 'sometimes',
  peakMemoryBytes: 'sometimes',
  cpuTimeMs: 'sometimes',
  networkRequests: 'sometimes',
  networkRefusals: 'sometimes',
}

type Fields = Readonly<Record<string, 'always' | 'sometimes'>>

/** A log line has `line`, every other event `seq`. */
const everyEvent: Fields = {seq: 'sometimes', line: 'sometimes', ts: 'always', run: 'always', type: 'always'}
const sections: ReadonlyMap<string, Fields> = new Map<string, Fields>([
  ['Events', everyEvent],
  ...Object.entries(eventFields),
  ['Errors', errorFields],
  ['Metrics', metricsFields],
])

/** Only containers have these: test/docker/restricted-run.test.ts shows them. */
const ofContainers = ['networkRequests', 'networkRefusals']

const page = 'docs/events.md'

/** Heading -> the fields in its table. */
function documentedFields(): Map<string, Fields> {
  const found = new Map<string, Record<string, 'always' | 'sometimes'>>()
  let heading = ''
  for (const line of readFileSync(path.join(packageRoot, page), 'utf8').split('\n')) {
    heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading
    const [, name, mark] = /^\| `(\w+)(\??)` +\|/.exec(line) ?? []
    if (name !== undefined) found.set(heading, {...found.get(heading), [name]: mark === '?' ? 'sometimes' : 'always'})
  }
  return found
}

/** The lines of the page that are events. */
function documentedEvents(): RunEvent[] {
  return readPage(page)
    .blocks.filter(({language}) => language === 'ndjson')
    .map(({text}) => JSON.parse(text) as RunEvent)
}

const pin = 'sesame-4711-4711'

const files = {
  'autokestra.yaml': 'limits: {log: 1KiB, killGrace: 300ms}\n',
  'plugins/p/plugin.yaml': 'namespace: test\nname: p\nversion: 1.0.0\nmain: p.mjs\nactions: [{name: tell}, {name: throw}]\n',
  'plugins/p/p.mjs':
    "const tell = {execute(_, {log}) { log.info('told', {n: 1}); return 1 }}\n" +
    "export default {tell, throw: {execute() { throw new Error('thrown') }}}\n",
  'everything.yaml': `id: everything
inputs: {limit: 3}
vars: {computed: {command: echo 1}}
failFast: false
tasks:
  - {id: tell, type: test/p.tell}
  - {id: throw, type: test/p.throw, continueOnError: true}
  - {id: again, type: core/shell.run, retry: {max: 2, delay: 1ms}, continueOnError: true, inputs: {command: exit 3}}
  - {id: wait, type: core/shell.run, until: {if: "{{ output.stdout.contains('x') }}", every: 10ms}, inputs: {command: 'test -e w && echo x; touch w'}}
  - {id: killed, type: core/shell.run, continueOnError: true, inputs: {command: 'kill -9 $$'}}
  - {id: flood, type: core/shell.run, cache: {}, inputs: {command: seq 1 2000}}
  - {id: files, type: core/shell.run, inputs: {command: 'true'}, files: {in: {a: b}, out: {a: a}}, require: [{command: 'true', message: never}]}
  - {id: items, type: core/shell.run, forEach: {items: [0, 1]}, inputs: {command: 'true'}}
  - {id: skipped, type: core/shell.run, if: false, inputs: {command: 'true'}}
hooks: {finally: [{id: clean, type: core/shell.run, inputs: {command: 'true'}}]}
outputs: {told: '{{ tasks.tell.output }}', computed: '{{ vars.computed }}'}
`,
  'masked.yaml': `id: masked
secrets: [PIN]
vars: {pin: {command: cat pin}}
tasks: [{id: show, type: core/shell.run, env: {PIN: "{{ secrets.PIN }} {{ vars.pin }}"}, files: {out: {all: "*"}}, inputs: {command: 'echo $PIN; touch "$AUTOKESTRA_FILES/$(cat pin)"'}}]
outputs: {pin: '{{ tasks.show.output.stdout }}'}
`,
  pin,
  'halting.yaml': `id: halting\ntasks: [{id: halt, type: core/shell.run, inputs: {command: ${JSON.stringify(haltOnce('halted'))}}}]\n`,
  'hanging.yaml': 'id: hanging\ntasks: [{id: hang, type: core/shell.run, inputs: {command: "trap \'\' TERM; touch hangs; sleep 1000"}}]\n',
  'parent.yaml': 'id: parent\ntasks: [{id: child, type: core/workflow.run, inputs: {file: child.yaml}}]\n',
  'child.yaml': 'id: child\ntasks: [{id: t, forEach: {items: [1, 2]}, type: core/shell.run, inputs: {command: "true"}}]\n',
  'ask.yaml': 'id: ask\ntasks: [{id: ask, type: core/approval.wait, inputs: {message: "Go?", timeout: 1h}}]\n',
  'held.yaml':
    'id: held\nconcurrency: {group: g}\ntasks: [{id: hold, type: core/shell.run, inputs: {command: "touch holds; sleep 1000"}}]\n',
  'skipped.yaml':
    'id: skipped\nconcurrency: {group: g, onConflict: skip}\ntasks: [{id: t, type: core/shell.run, inputs: {command: "true"}}]\n',
  'next.yaml': 'id: next\nconcurrency: {group: g, onConflict: cancel}\ntasks: [{id: t, type: core/shell.run, inputs: {command: "true"}}]\n',
  'slow.yaml':
    'id: slow\ntimeout: 500ms\ntasks: [{id: slow, type: core/time.sleep, inputs: {duration: 60s}}]\n' +
    'hooks: {onFailure: [{id: tell, type: core/shell.run, inputs: {command: "true"}}]}\n',
}

/** Runs that show everything there is. */
async function realEvents(): Promise<RunEvent[]> {
  const project = new Project(files)
  const first = await project.run(['run', 'everything.yaml', '--events', '-', '--progress', 'quiet'])
  expect(first).toMatchObject({exitCode: 0})
  const second = await project.run(['run', 'slow.yaml', '--events', '-', '--progress', 'quiet'])
  expect(second).toMatchObject({exitCode: 7})
  const running = project.start(['run', 'hanging.yaml', '--events', '-', '--progress', 'plain'])
  await project.appears('hangs', running)
  running.kill('SIGINT')
  await running.printed('stopping: Ctrl-C was pressed')
  running.kill('SIGINT')
  const third = await endOf(running)
  expect(third).toMatchObject({exitCode: 130})
  const holding = project.start(['run', 'held.yaml', '--events', '-', '--progress', 'quiet'])
  await project.appears('holds', holding)
  const refused = await project.run(['run', 'skipped.yaml', '--events', '-', '--progress', 'quiet'])
  const admitted = await project.run(['run', 'next.yaml', '--events', '-', '--progress', 'quiet'])
  const cancelled = await endOf(holding)
  expect([refused, admitted, cancelled].map(({exitCode}) => exitCode)).toEqual([0, 0, 1])
  const parent = await project.run(['run', 'parent.yaml', '--events', '-', '--progress', 'quiet'])
  const [newest] = (await project.json(['runs', 'list', '--workflow', 'child'])) as [{id: string}]
  const asking = project.start(['run', 'ask.yaml', '--events', '-', '--progress', 'plain'])
  await asking.printed('waiting for approval')
  expect(await project.run(['runs', 'approve', 'latest', '--comment', 'yes'])).toMatchObject({exitCode: 0})
  const asked = await endOf(asking)
  const masked = await project.run(['run', 'masked.yaml', '--events', '-', '--progress', 'quiet'], {env: {PIN: pin}})
  expect(masked).toMatchObject({exitCode: 0})
  const parked = await project.run(['run', 'ask.yaml', '--park', '--events', '-', '--progress', 'quiet'])
  expect(parked).toMatchObject({exitCode: 10})
  await killAt(project, 'halted', ['run', 'halting.yaml'])
  const resumed = await project.run(['runs', 'resume', 'latest', '--retry-interrupted'])
  expect(resumed).toMatchObject({exitCode: 0})
  const whole = await project.events()
  const retried = await project.run(['runs', 'retry', 'latest', '--events', '-', '--progress', 'quiet'])
  expect(retried).toMatchObject({exitCode: 0})
  const printed = [masked, first, second, third, refused, admitted, cancelled, parent, asked, parked, retried].flatMap(({stdout}) =>
    parseEvents(stdout),
  )
  return [...printed, ...whole, ...(await project.events(newest.id))]
}

/** Every object with the section that describes it. */
function objectsOf(event: RunEvent): [section: string, value: object][] {
  const {ts, run, ...body} = event
  const number = event.type === 'task.log' ? {line: event.line} : {seq: event.seq}
  const {type, ...rest} = body
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !(name in number)))
  return [
    ['Events', {...number, ts, run, type}],
    [type, own],
    ...('error' in body ? [['Errors', body.error] as [string, object]] : []),
    ...('metrics' in body ? [['Metrics', body.metrics] as [string, object]] : []),
  ]
}

function expectDescribed(event: RunEvent): void {
  for (const [section, value] of objectsOf(event)) {
    const fields = sections.get(section) ?? {}
    const text = `${section}: ${JSON.stringify(value)}`
    expect(Object.keys(fields), text).toEqual(expect.arrayContaining(Object.keys(value)))
    const always = Object.keys(fields).filter((name) => fields[name] === 'always')
    expect(Object.keys(value), text).toEqual(expect.arrayContaining(always))
  }
}

describe(page, () => {
  it('describes every field of every type, and no others', () => {
    expect(Object.fromEntries(documentedFields())).toEqual(Object.fromEntries(sections))
  })

  it('has one example of each type, with fields that it has and values as they are', () => {
    const examples = documentedEvents()
    expect(examples.map(({type}) => type)).toEqual(Object.keys(eventFields))
    for (const example of examples) expectDescribed(example)
  })

  it('describes what real runs print, all of which they do', async () => {
    const events = await realEvents()
    const seen = new Map<string, Map<string, string>>()
    for (const event of events) {
      expectDescribed(event)
      for (const [section, value] of objectsOf(event)) {
        const types = seen.get(section) ?? new Map<string, string>()
        seen.set(section, types)
        for (const [name, content] of Object.entries(value)) types.set(name, typeof content)
      }
    }
    const asRows = (fields: ReadonlyMap<string, Iterable<string>>): [string, string[]][] =>
      [...fields].map(([section, names]) => [section, [...names].sort()])
    const described = new Map(
      [...sections].map(([section, fields]) => [section, Object.keys(fields).filter((name) => !ofContainers.includes(name))]),
    )
    expect(Object.fromEntries(asRows(new Map([...seen].map(([section, types]) => [section, types.keys()]))))).toEqual(
      Object.fromEntries(asRows(described)),
    )
    for (const example of documentedEvents()) {
      for (const [section, value] of objectsOf(example)) {
        for (const [name, content] of Object.entries(value)) {
          if (name !== 'output') expect(typeof content, `${section} ${name}`).toBe(seen.get(section)?.get(name))
        }
      }
    }
  })
})
