// One case of a test file: the plan, the loop and the templates of a run, with mocked results and a journal that keeps nothing.

import {randomBytes} from 'node:crypto'
import {rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {collectFindings, listFindings, type CheckFinding} from '../../documents/findings.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import {runWorkflow} from '../../engine/loop/run-workflow.ts'
import {secretsInUse, type Plan} from '../../engine/plan.ts'
import {createRunId} from '../../engine/run-id.ts'
import type {RunResult} from '../../engine/run-result.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {RunDirectory} from '../../execution/files/run-directory.ts'
import {LocalTaskRunner} from '../../execution/task/local-task-runner.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import {SecretMasker} from '../../masking/secret-masker.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {judgeCase} from '../../testing/judge-case.ts'
import {MockedExecutor} from '../../testing/mocked-executor.ts'
import type {TestCase, TestFile} from '../../testing/test-file.ts'
import type {TestedCase} from '../../testing/test-report.ts'
import {testedPlan} from '../../testing/tested-plan.ts'
import {defined} from '../../util/defined.ts'
import type {JsonValue} from '../../util/json.ts'
import {roundMs} from '../../util/round-ms.ts'
import type {App} from '../app.ts'
import type {Project} from '../project.ts'

export interface CaseOfFile {
  readonly project: Project
  /** Of the workflow without inputs. */
  readonly planned: PlannedRun
  readonly test: TestFile
  readonly index: number
  /** Path of the workflow file. */
  readonly workflow: string
}

const noAnswers = 'the case does not give it'

/** Starts nothing, and writes nothing but the files of tasks that declare some, into a temporary directory. */
export async function runCase(app: App, {project, planned, test, index, workflow}: CaseOfFile): Promise<TestedCase> {
  const startedAtMs = performance.now()
  const each = test.cases[index]
  if (each === undefined) throw new Error(`there is no case ${String(index)}`)
  const at = ['cases', index]
  const end = (findings: Iterable<CheckFinding>): TestedCase => {
    const diagnostics = listFindings(test.document.file, collectFindings(test.document, findings))
    const durationMs = roundMs(performance.now() - startedAtMs)
    return {name: each.name, status: diagnostics.length === 0 ? 'passed' : 'failed', durationMs, diagnostics}
  }
  try {
    const run = await app.plan(project, requestOf(each, workflow, planned), noAnswers)
    const lacking = missingSecrets(each, at, run.plan)
    if (lacking.length > 0) return end(lacking)
    const {result, executor} = await play(app, run, each, secretsOf(each, run.plan, project))
    return end(judgeCase(each, at, {result, given: executor.given, missing: executor.missing.values()}))
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return end(refusals(error, at, each))
  }
}

function requestOf({inputs = {}, vars = {}, args, select}: TestCase, file: string, {plan}: PlannedRun): Parameters<App['plan']>[1] {
  const {vars: declared, computedVars = {}} = plan.workflow
  // What a command prints is text.
  const isText = (name: string): boolean => typeof declared[name] === 'string' || Object.hasOwn(computedVars, name)
  const assign = (name: string, value: JsonValue): string =>
    `${name}=${typeof value === 'string' && isText(name) ? value : JSON.stringify(value)}`
  return {
    file,
    force: true,
    inputs: {values: inputs},
    vars: Object.entries(vars).map(([name, value]) => assign(name, value)),
    ...defined({args}),
    ...select,
  }
}

/** What the command line would be refused for. */
function* refusals({message, hint, diagnostics}: WorkflowError, at: DocumentPath, {inputs, vars}: TestCase): Generator<CheckFinding> {
  const isVar = message.startsWith('--var ') && vars !== undefined
  const place = [...at, isVar ? 'vars' : inputs === undefined ? 'name' : 'inputs']
  const all = diagnostics.length === 0 ? [{code: 'refused', message, hint}] : diagnostics
  for (const {code, message: text, hint: next} of all)
    yield {
      at: place,
      target: isVar || inputs !== undefined ? 'key' : 'value',
      code,
      message: text.replace(/^--var /, 'var '),
      hint: next?.replace(/--var ([^ =]+)=/, '$1: '),
    }
}

function missingSecrets({secrets = {}}: TestCase, at: DocumentPath, plan: Plan): CheckFinding[] {
  const optional = plan.workflow.optionalSecrets ?? []
  return secretsInUse(plan).flatMap((name) => {
    if (Object.hasOwn(secrets, name) || optional.includes(name)) return []
    const message = `a task reads the secret "${name}", and the case has no value for it`
    return [
      {at: [...at, 'secrets'], target: 'key' as const, code: 'missing-secret', message, hint: `write secrets: {${name}: dummy-value}`},
    ]
  })
}

/** Values of the case are hidden as those of a run are, so that outputs look the same. */
function secretsOf({secrets = {}}: TestCase, plan: Plan, {config}: Project): RunSecrets | undefined {
  if (plan.workflow.secrets.length === 0) return undefined
  const masker = new SecretMasker(defined({placeholder: config.placeholder}))
  for (const value of Object.values(secrets)) masker.add(value)
  const values = new Map(Object.entries(secrets))
  return {values, present: new Set(values.keys()), masker}
}

async function play(
  app: App,
  run: PlannedRun,
  each: TestCase,
  secrets: RunSecrets | undefined,
): Promise<{readonly result: RunResult; readonly executor: MockedExecutor}> {
  const plan = testedPlan(run.plan)
  const runId = createRunId(Date.now(), randomBytes(3))
  const directory = new RunDirectory(join(tmpdir(), `workflow-test-${randomBytes(12).toString('hex')}`))
  const executor = new MockedExecutor({plan, results: each.tasks, compileSchema: (schema) => app.schemas.compile(schema)})
  const never = new AbortController().signal
  try {
    const {result} = await runWorkflow(
      plan,
      {
        openJournal: () => Promise.resolve({create: () => undefined, append: () => undefined, read: () => undefined, claim: () => false}),
        reporter: {report: () => undefined, close: () => Promise.resolve()},
        runner: new LocalTaskRunner(plan, {...run, runId, directory, executor, secrets}),
        clock: {now: () => Date.now(), elapsed: () => performance.now()},
        random: () => 0,
      },
      // One after the other: what a failure keeps from starting does not depend on time.
      {runId, concurrency: 1, signals: {stop: never, leave: never}, keepsOutputs: true, secrets},
    )
    return {result, executor}
  } finally {
    if (directory.isMade) await rm(directory.path, {recursive: true, force: true})
  }
}
