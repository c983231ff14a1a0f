// All templates of a workflow file, with their places in the document.

import type {DocumentPath} from '../../documents/source-document.ts'
import {inputsOf, type KnownActions} from '../action-inputs.ts'
import type {DraftTask, WorkflowDraft} from '../draft.ts'
import {taskSites, visitTemplates, workflowSites, type SiteKind, type TemplateSite} from '../template-sites.ts'

export interface DraftTemplate {
  readonly kind: SiteKind
  readonly text: string
  readonly path: DocumentPath
  /** The task that it belongs to. */
  readonly task: DraftTask | undefined
}

/** First those of the workflow, then task by task. @param actions say which inputs are literal */
export function listTemplates({fields, tasks}: WorkflowDraft, actions: KnownActions): DraftTemplate[] {
  const found: DraftTemplate[] = []
  const add = ({kind, key, name, value}: TemplateSite, task?: DraftTask): void => {
    visitTemplates(value, (text, steps) => {
      const path = name === undefined ? [key, ...steps] : [key, name, ...steps]
      found.push({kind, text, path: task === undefined ? path : ['tasks', task.index, ...path], task})
    })
  }
  for (const site of workflowSites(fields)) add(site)
  for (const task of tasks) for (const site of taskSites(task.fields, inputsOf(actions, task.fields['type']).literalInputs)) add(site, task)
  return found
}
