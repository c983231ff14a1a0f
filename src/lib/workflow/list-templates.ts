// All templates of a workflow file, with their positions in the document.

import type {DocumentPath} from '../documents/source-document.ts'
import {inputsOf, type KnownActions} from './action-inputs.ts'
import type {DraftTask, WorkflowDraft} from './draft.ts'
import {pathOf, taskSites, visitTemplates, workflowSites, type TemplateSite} from './template-sites.ts'

export interface DraftTemplate {
  readonly site: TemplateSite
  /** From the value of the site to the text. */
  readonly steps: DocumentPath
  readonly text: string
  /** The task that it belongs to. */
  readonly task: DraftTask | undefined
}

/** From the document. It is asked for templates with findings only: there may be many others. */
export function placeOf({site, steps, task}: DraftTemplate): DocumentPath {
  const path = [...pathOf(site), ...steps]
  return task === undefined ? path : [...task.at, ...path]
}

const noSteps: DocumentPath = []

/** First those of the workflow, then task by task. @param actions say which inputs are literal */
export function listTemplates({fields, tasks}: WorkflowDraft, actions: KnownActions): DraftTemplate[] {
  const found: DraftTemplate[] = []
  const add = (site: TemplateSite, task?: DraftTask): void => {
    visitTemplates(site.value, (text, steps) => found.push({site, steps: steps.length === 0 ? noSteps : [...steps], text, task}))
  }
  for (const site of workflowSites(fields)) add(site)
  for (const task of tasks) for (const site of taskSites(task.fields, inputsOf(actions, task.fields['type']).literalInputs)) add(site, task)
  return found
}
