// A PluginExecutor with real processes, and plugins written to a temporary directory. Everything is closed after the test.

import {hostReady} from '@autokestra/plugin-sdk/protocol'
import {chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, onTestFinished} from 'vitest'
import {SchemaCompiler} from '../../src/lib/documents/json-schema.ts'
import type {ActionResult, LogEntry, TaskError} from '../../src/lib/engine/task-result.ts'
import type {ExecuteOptions, Invocation} from '../../src/lib/execution/attempt/attempt.ts'
import {isTypeScript} from '../../src/lib/plugins/entry-point.ts'
import {PluginExecutor} from '../../src/lib/execution/execute.ts'
import type {BuiltInAction} from '../../src/lib/execution/protocols/built-in.ts'
import {ProcessTaskRuntimes} from '../../src/lib/execution/process-task-runtimes.ts'
import {prepareEntry} from '../../src/lib/plugins/prepare-entry.ts'
import type {ExecutionLimits} from '../../src/lib/execution/attempt/limits.ts'
import type {ActionDef, Plugin, PluginManifest} from '../../src/lib/plugins/manifest.ts'
import {baseEnvironment} from '../../src/lib/processes/base-environment.ts'
import {ProcessRuntime, type ProcessRuntimeOptions} from '../../src/lib/processes/process-runtime.ts'
import {HostPool, type HostPoolOptions} from '../../src/lib/execution/host-pool.ts'
import {defined} from '../../src/lib/util/defined.ts'
import {tagHolders} from './processes.ts'

interface ExecutorRig {
  readonly executor: PluginExecutor
  readonly hosts: HostPool
  readonly runtime: ProcessRuntime
}

/** @param hostFile program of the SDK hosts; tests of other protocols need none */
export function openExecutor(
  options: {
    hostFile?: string
    limits?: Partial<ExecutionLimits>
    pool?: Partial<HostPoolOptions>
    process?: ProcessRuntimeOptions
    builtIn?: ReadonlyMap<string, BuiltInAction>
  } = {},
): ExecutorRig {
  const runtime = new ProcessRuntime(options.process)
  const baseEnv = baseEnvironment(process.env)
  const hosts = new HostPool({
    runtime,
    command: [process.execPath, options.hostFile ?? '/no/host'],
    env: baseEnv,
    cwd: '/',
    graceMs: 2000,
    readyMark: hostReady,
    ...options.pool,
  })
  const schemas = new SchemaCompiler()
  const taskRuntimes = new ProcessTaskRuntimes({
    runtime,
    hosts,
    baseEnv,
    prepareMain: ({dir, id, manifest: {main}}) => {
      // As in the program; other entry points may be missing here.
      if (main === undefined || !isTypeScript(main)) return Promise.resolve(undefined)
      return prepareEntry({dir, main, id, cacheDir: path.join(dir, 'cache'), programVersion: '1'})
    },
  })
  const executor = new PluginExecutor({
    taskRuntimes,
    compileSchema: (schema) => schemas.compile(schema),
    limits: {killGraceMs: 2000, ...options.limits},
    ...defined({builtInActions: options.builtIn}),
  })
  onTestFinished(async () => {
    await hosts.close()
    await runtime.close()
    expect(tagHolders()).toEqual([])
  })
  return {executor, hosts, runtime}
}

/** Puts files, all of them executable, into a new plugin directory. */
export function makePlugin(
  manifest: Partial<PluginManifest>,
  files: Readonly<Record<string, string>> = {},
  action: Partial<ActionDef> = {},
): Plugin {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'workflow-plugin-')))
  onTestFinished(() => {
    rmSync(dir, {recursive: true, force: true})
  })
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name)
    mkdirSync(path.dirname(file), {recursive: true})
    writeFileSync(file, text)
    chmodSync(file, 0o755)
  }
  const actions: ActionDef[] = [{name: 'run', idempotent: false, literalInputs: [], ...action}]
  return {
    id: 'test/plugin',
    dir,
    foundIn: path.dirname(dir),
    manifest: {
      namespace: 'test',
      name: 'plugin',
      version: '1.0.0',
      protocol: 'plain',
      worker: 'single',
      strictStdout: false,
      capabilities: [],
      permissions: {},
      actions,
      ...manifest,
    },
  }
}

/** A plain plugin that is one shell script. */
export function shellPlugin(script: string, manifest: Partial<PluginManifest> = {}, action: Partial<ActionDef> = {}): Plugin {
  return makePlugin({command: ['sh', 'main.sh'], ...manifest}, {'main.sh': script}, action)
}

/** An SDK plugin that is one module; `run` is its action. */
export function sdkPlugin(body: string, manifest: Partial<PluginManifest> = {}, action: Partial<ActionDef> = {}): Plugin {
  const text = `import {defineAction, ActionError} from '@autokestra/plugin-sdk'\nimport {spawn} from 'node:child_process'\n${body}`
  return makePlugin({protocol: 'sdk', main: 'main.mjs', ...manifest}, {'main.mjs': text}, action)
}

export interface Ran {
  readonly result: ActionResult
  readonly logs: LogEntry[]
  readonly tookMs: number
}

/** Runs the plugin's first action once. */
export async function run(
  {executor}: Pick<ExecutorRig, 'executor'>,
  plugin: Plugin,
  more: Partial<Invocation> & Partial<Pick<ExecuteOptions, 'signal' | 'masker' | 'onLog' | 'isDebug' | 'emit'>> = {},
): Promise<Ran> {
  const {signal = new AbortController().signal, masker, onLog, isDebug = false, emit, ...invocation} = more
  const [action] = plugin.manifest.actions
  if (action === undefined) throw new Error('a plugin without actions')
  const logs: LogEntry[] = []
  const startedAt = performance.now()
  const result = await executor.execute(
    {
      plugin,
      action,
      inputs: {},
      env: {},
      workingDir: plugin.dir,
      timeoutFrom: 'task',
      timeoutMs: 20_000,
      context: {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'r/t'},
      ...invocation,
    },
    {
      signal,
      masker,
      emit,
      isDebug,
      onLog: (entry) => {
        logs.push(entry)
        onLog?.(entry)
      },
    },
  )
  return {result, logs, tookMs: performance.now() - startedAt}
}

/** The error of a result that must be one. */
export function errorOf({result}: Ran): TaskError {
  if (result.ok) throw new Error(`expected a failure, got ${JSON.stringify(result.output)}`)
  return result.error
}

/** The output of a result that must have one. */
export function outputOf({result}: Ran): unknown {
  if (!result.ok) throw new Error(`expected success, got ${JSON.stringify(result.error)}`)
  return result.output
}
