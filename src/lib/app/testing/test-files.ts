// `workflow test`: test files -> what came of their cases. Nothing is started, and no secret is read.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {requireDirectory} from '../../files/current-directory.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {checkCases, type NamesOfWorkflow} from '../../testing/check-cases.ts'
import {readTestFile, requireNone} from '../../testing/test-file.ts'
import type {TestedCase, TestedFile, TestReport} from '../../testing/test-report.ts'
import {defined} from '../../util/defined.ts'
import {roundMs} from '../../util/round-ms.ts'
import {readDraft} from '../../workflow/draft.ts'
import type {App} from '../app.ts'
import {findTestFiles, workflowOf} from './find-test-files.ts'
import {runCase, type CaseOfFile} from './run-case.ts'

/** @param paths test files, workflows with a test file beside them, directories. Throws USAGE for what is none of these. */
export async function testFiles(app: App, paths: readonly string[]): Promise<TestReport> {
  const startedAtMs = performance.now()
  const cwd = requireDirectory(app.options.cwd)
  const files: TestedFile[] = []
  for (const file of findTestFiles(paths, cwd)) files.push(await testFile(app, file, cwd))
  const cases = files.flatMap((file) => file.cases)
  const passed = cases.filter(({status}) => status === 'passed').length
  return {files, passed, failed: cases.length - passed, durationMs: roundMs(performance.now() - startedAtMs)}
}

/** What is wrong with the file, or with its workflow, keeps its cases from being run. */
async function testFile(app: App, file: string, cwd: string): Promise<TestedFile> {
  try {
    const {test, workflow, ...parts} = await checkTestFile(app, file, cwd)
    const cases: TestedCase[] = []
    for (const index of test.cases.keys()) cases.push(await runCase(app, {...parts, test, workflow, index}))
    return {file, workflow, isValid: true, diagnostics: [], cases}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const {message, hint, diagnostics} = error
    return {file, isValid: false, message, ...defined({hint}), diagnostics, cases: []}
  }
}

/** Throws WorkflowError with all findings of the test file, or of its workflow. @param cwd absolute */
export async function checkTestFile(app: App, file: string, cwd = requireDirectory(app.options.cwd)): Promise<Omit<CaseOfFile, 'index'>> {
  const test = await readTestFile(file, {schemas: app.schemas, cwd})
  const workflow = workflowOf(file, test.workflow, cwd)
  const project = await app.project({file: workflow})
  const planned = await app.plan(project, {file: workflow, force: true})
  requireNone(test.document, checkCases(test, namesOf(planned)))
  return {project, planned, test, workflow}
}

function namesOf({plan: {workflow}, source}: PlannedRun): NamesOfWorkflow {
  const {inputs = {}, vars, computedVars = {}, secrets, outputs} = workflow
  return {
    tasks: readDraft(source).tasks,
    inputs: Object.keys(inputs),
    vars: Object.keys({...vars, ...computedVars}),
    secrets,
    outputs: Object.keys(outputs),
  }
}
