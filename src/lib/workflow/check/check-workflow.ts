// What a workflow file means, and everything that is wrong with it as far as its own text and the inputs of its actions show.

import {collectFindings, joinFindings, type Checked, type CheckFinding, type Findings} from '../../documents/findings.ts'
import type {SchemaCompiler} from '../../documents/json-schema.ts'
import {isFields} from '../../documents/fields.ts'
import {loadTemplates, type Templates} from '../../templates/templates.ts'
import type {KnownActions} from '../action-inputs.ts'
import {buildWorkflow} from '../build-workflow.ts'
import {checkDefaultInputs} from './default-inputs.ts'
import {checkDefault} from './entry-points.ts'
import {checkFiles} from './files.ts'
import {checkInputs} from './inputs.ts'
import {checkCaches} from './cache.ts'
import {checkItems} from './items.ts'
import {checkNeeds} from './needs.ts'
import {checkOptionalSecrets, checkSecretsOnce} from './optional-secrets.ts'
import {checkComparisons} from './proofs/comparisons.ts'
import {checkTextThatStays} from './proofs/text-that-stays.ts'
import {checkUnreachable} from './proofs/unreachable.ts'
import {checkUnusedInputs, checkUnusedVars} from './proofs/unused-names.ts'
import {readDeclared} from './references.ts'
import {checkUnusedSecrets} from './secrets.ts'
import {checkRequirements} from './requirements.ts'
import {checkShape} from './shape.ts'
import {checkConditions, checkConstants, checkTemplates, secretsNamed} from './templates.ts'
import {checkTimes} from './times.ts'
import {checkTrigger} from './trigger.ts'
import {checkUntil} from './until.ts'
import type {DraftTask, WorkflowDraft} from '../draft.ts'
import {Graph} from '../graph.ts'
import {listTemplates} from '../list-templates.ts'
import type {Workflow} from '../model.ts'
import {checkResources} from '../resources.ts'
import {checkVars} from '../vars/check-vars.ts'

export interface Meaning {
  readonly workflow: Workflow
  /** Can evaluate every template of the workflow. */
  readonly templates: Templates
}

export interface CheckOptions {
  readonly schemas: SchemaCompiler
  readonly actions: KnownActions
  /** What the paths of the file are relative to, absolute. */
  readonly dir: string
}

/** The value is undefined when there are errors. Each check gives its first findings, and counts the others. */
export async function checkWorkflow(draft: WorkflowDraft, {schemas, actions, dir}: CheckOptions): Promise<Checked<Meaning | undefined>> {
  const {document} = draft
  const shape = await checkShape(document, schemas)
  if (!isFields(document.value)) return {value: undefined, findings: shape}
  const all = listTemplates(draft, actions)
  const templates = await loadTemplates(all.map(({text}) => text))
  const graph = new Graph(draft.tasks)
  const declared = readDeclared(draft, graph, actions)
  const checks: Iterable<CheckFinding>[] = [
    checkNeeds(draft.tasks, graph, (task) => lineOf(draft, task)),
    checkDefault(draft),
    checkDefaultInputs(draft),
    checkTimes(draft),
    checkUntil(draft),
    checkCaches(draft),
    checkAllResources(draft),
    await checkTrigger(draft.fields['trigger']),
    await checkInputs(draft.fields['inputs'], draft.fields['trigger'], schemas),
    checkItems(draft),
    checkConstants(draft, actions),
    checkFiles(draft.tasks),
    checkRequirements(draft),
    checkVars(draft.fields),
    checkConditions(draft),
    checkTemplates(all, templates, declared),
    checkSecretsOnce(draft.fields['secrets']),
    checkOptionalSecrets(all, templates, declared.secrets),
    // A workflow that runs others declares what these read.
    draft.tasks.some(({fields}) => fields['type'] === 'core/workflow.run')
      ? []
      : checkUnusedSecrets(declared.secrets, secretsNamed(all, templates)),
    checkUnusedInputs(draft, all, templates),
    checkUnusedVars(draft, all, templates),
    checkTextThatStays(draft),
    checkUnreachable(draft, graph, templates),
    checkComparisons(draft, all, templates),
  ]
  const findings = joinFindings([shape, ...checks.map((check) => collectFindings(document, check))])
  return {value: hasErrors(findings) ? undefined : {workflow: buildWorkflow(draft, dir), templates}, findings}
}

function* checkAllResources({fields, tasks}: WorkflowDraft): Generator<CheckFinding> {
  yield* checkResources(fields['resources'], ['resources'])
  for (const {at, fields: task} of tasks)
    if (task['resources'] !== undefined) yield* checkResources(task['resources'], [...at, 'resources'])
}

function lineOf({document}: WorkflowDraft, {at}: DraftTask): number | undefined {
  return document.diagnostic([...at, 'id'], 'value', {severity: 'error', code: 'place', message: ''}).line
}

function hasErrors({errorCodes}: Findings): boolean {
  return errorCodes.size > 0
}
