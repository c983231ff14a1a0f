// What is planned for a task reaches its execution: a member that is lost on the way changes no invocation, and is found here.

import {mkdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, it} from 'vitest'
import {KeptContents} from '../../../../src/lib/cache/kept-contents.ts'
import {Digests} from '../../../../src/lib/cache/digests.ts'
import type {Plan, PlannedTask} from '../../../../src/lib/engine/plan.ts'
import type {AttemptResult} from '../../../../src/lib/engine/task-result.ts'
import type {Invocation} from '../../../../src/lib/execution/attempt/attempt.ts'
import {RunDirectory} from '../../../../src/lib/execution/files/run-directory.ts'
import {CacheStep, type RunCache} from '../../../../src/lib/execution/task/cache-step.ts'
import {LocalTaskRunner} from '../../../../src/lib/execution/task/local-task-runner.ts'
import {noPermissions} from '../../../../src/lib/permissions/permissions.ts'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteResultRows} from '../../../../src/lib/storage/result-rows.ts'
import {loadTemplates} from '../../../../src/lib/templates/templates.ts'
import {scriptedPlan} from '../../../rig/scripted-run.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const container: NonNullable<PlannedTask['container']> = {
  ...{image: 'img:{{ vars.tag }}', network: 'none', user: '7', workdir: '/work', pull: 'never', limits: {pids: 9}},
  mounts: [{source: '/data', target: '/in', isReadOnly: true}],
}

/** Of each member of a planned task: another value that must change what is executed, or who else reads it. */
const members: {readonly [name in keyof Required<PlannedTask>]: {readonly changed: NonNullable<PlannedTask[name]>} | string} = {
  inputs: {changed: {tag: 'other'}},
  env: {changed: {TAG: 'other'}},
  workingDir: {changed: 'elsewhere'},
  timeoutMs: {changed: 5},
  timeoutFrom: {changed: 'defaults'},
  restrictions: {changed: {permissions: noPermissions, limits: {cpus: 3}}},
  container: {changed: {...container, image: 'other:{{ vars.tag }}'}},
  require: {changed: [{command: 'another', timeoutMs: 1, message: 'no'}]},
  files: 'tested below: what is executed names the directory of the task, not its files',
  id: 'names the task',
  action: 'is looked up by the runner',
  secrets: 'are read when their templates are evaluated',
  cache: 'is asked before the execution: test/scripts/cache.test.ts',
  until: 'is asked after the execution: test/scripts/until.test.ts',
  forEach: 'makes the items: test/scripts/items.test.ts',
  matrix: 'makes the items: test/scripts/items.test.ts',
  ...{needs: 'engine', hook: 'engine', group: 'engine', if: 'engine', condition: 'engine', retry: 'engine', continueOnError: 'engine'},
  ...{followsOrder: 'engine', idempotent: 'engine', usesSlot: 'engine'},
}

const full: Partial<PlannedTask> = {
  inputs: {tag: '{{ vars.tag }}'},
  env: {TAG: '{{ vars.tag }}'},
  workingDir: 'sub/{{ vars.tag }}',
  timeoutMs: 1234,
  timeoutFrom: 'task',
  restrictions: {permissions: noPermissions, limits: {cpus: 2}},
  container,
  require: [{command: 'asked', timeoutMs: 1, message: 'no'}],
}

it('is given all that is planned, evaluated', async () => {
  const [asked, executed] = await invocationsOf(full)
  const common = {
    ...{env: {TAG: 'v1'}, workingDir: '/base/sub/v1', isOwnDirectory: true, restrictions: full.restrictions},
    ...{container: {...container, image: 'img:v1'}},
  }
  expect(executed).toMatchObject({...common, inputs: {tag: 'v1'}, timeoutMs: 1234, timeoutFrom: 'task'})
  expect(executed?.context).toEqual({workflow: 'scripted', run: 'run-1', task: 't', attempt: 1, idempotencyKey: 'run-1:t'})
  // A command that is required runs as the task does, in its container too.
  expect(asked).toMatchObject({...common, inputs: {command: 'asked'}, timeoutMs: 1})
})

const changes = Object.entries(members).flatMap(([name, member]) => (typeof member === 'string' ? [] : [[name, member.changed] as const]))

it.each(changes)('differs with another %s', async (name, changed) => {
  const [before, after] = [await invocationsOf(full), await invocationsOf({...full, [name]: changed})]
  expect(JSON.stringify(after)).not.toBe(JSON.stringify(before))
})

it('names the directory of its files, beside all else', async () => {
  const {require: _require, ...rest} = full
  const [executed] = await invocationsOf({
    ...rest,
    files: {in: {'a.txt': '{{ vars.tag }}'}, out: []} as unknown as NonNullable<PlannedTask['files']>,
  })
  const {filesDir = '', runDir, env, ...others} = executed ?? {}
  expect(env).toEqual({TAG: 'v1', AUTOKESTRA_FILES: filesDir})
  expect(runDir).toMatch(/\/run-1$/)
  expect(dirname(filesDir)).toBe(runDir)
  const [plain] = await invocationsOf(rest)
  const {env: _env, runDir: _none, ...same} = plain ?? {}
  expect(others).toEqual(same)
})

it('misses the cache with another container, and says what differs', async () => {
  const cache: RunCache = {
    ...{rows: new SqliteResultRows(await openDatabase(':memory:')), digests: new Digests(Buffer.alloc(32, 1))},
    contents: new KeptContents(join(temporaryDir(), 'files'), {maxBytes: 1000, nowMs: () => 0}),
    ...{nowMs: () => 0, isIgnored: false, inherited: {}},
  }
  const base = temporaryDir()
  const factOf = async (more: Partial<typeof container>): Promise<unknown> =>
    (await attempt({cache: {files: [], key: [], makes: []}, container: {...container, ...more}}, {cache, base})).result.cache
  expect(await factOf({})).toEqual({isHit: false, reasons: ['no earlier result']})
  expect(await factOf({})).toEqual({isHit: true, run: 'run-1'})
  expect(await factOf({image: 'other:{{ vars.tag }}'})).toEqual({isHit: false, reasons: ['image changed']})
  expect(await factOf({network: 'bridge', image: 'other:v1'})).toEqual({isHit: false, reasons: ['container network changed']})
})

/** What the executor is called with, in order, by one attempt of the task. */
async function invocationsOf(members: Partial<PlannedTask>): Promise<Partial<Invocation>[]> {
  const {result, invocations} = await attempt(members)
  expect(result).toMatchObject({ok: true})
  return invocations
}

async function attempt(
  members: Partial<PlannedTask>,
  {cache, base = '/base'}: {cache?: RunCache; base?: string} = {},
): Promise<{result: AttemptResult; invocations: Partial<Invocation>[]}> {
  const planned = await scriptedPlan([{id: 't'}], {vars: {tag: 'v1'}, workingDir: base})
  const plan: Plan = {...planned.plan, tasks: planned.plan.tasks.map((task) => ({...task, ...members}))}
  const actions = new Map([...planned.actions].map(([type, {plugin, action}]) => [type, {plugin: {...plugin, dir: base}, action}]))
  for (const action of [...actions.values()]) actions.set('core/shell.run', action)
  const dir = join(temporaryDir(), 'run-1')
  mkdirSync(dir)
  const invocations: Partial<Invocation>[] = []
  const runner = new LocalTaskRunner(plan, {
    ...planned,
    actions,
    templates: await loadTemplates([plan.tasks]),
    runId: 'run-1',
    ...(cache !== undefined && {cacheStep: new CacheStep(plan, 'run-1', cache)}),
    directory: new RunDirectory(dir),
    executor: {
      expect: () => undefined,
      execute: (invocation) => {
        invocations.push(invocation)
        return Promise.resolve({ok: true, output: null, metrics: {durationMs: 0}, warnings: []})
      },
    },
  })
  runner.listen(() => undefined)
  runner.hear({type: 'run.started', ts: '2026-01-01T00:00:00.000Z'} as Parameters<typeof runner.hear>[0])
  const {signal} = new AbortController()
  const result = await runner.run({run: 'run-1', task: 't', attempt: 1}, {signal, onLog: () => undefined})
  return {result, invocations}
}
