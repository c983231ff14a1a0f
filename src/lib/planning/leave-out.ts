// A workflow without the tasks that do not run. What still reads them is a finding.

import type {DocumentPath} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {Reference} from '../templates/compiled-expression.ts'
import type {Templates} from '../templates/templates.ts'
import type {JsonObject} from '../util/json.ts'
import {readDraft} from '../workflow/draft.ts'
import {tasksOfHooks} from '../workflow/hooks.ts'
import type {Task, Workflow} from '../workflow/model.ts'
import {secretsRead} from '../workflow/template-uses.ts'
import {pathOf, taskSites, visitTemplates, workflowSites, type TemplateSite} from '../workflow/template-sites.ts'

export interface Reduced {
  readonly workflow: Workflow
  readonly warnings: readonly Diagnostic[]
}

/** A template that reads a task that is left out, without a default for it. */
interface Missing {
  readonly site: TemplateSite
  readonly steps: readonly (string | number)[]
  readonly reference: Reference
  readonly task: string
}

/**
 * Needs of tasks that are left out are gone. An output that reads one is null, with a warning. Throws USAGE, with positions, for a task that reads one:
 * it would fail when it starts.
 * @param literalInputs inputs of a task in which no templates are evaluated
 */
export function leaveOut(
  workflow: Workflow,
  selected: ReadonlySet<string>,
  templates: Templates,
  literalInputs: (task: Task) => readonly string[],
): Reduced {
  const hooks = tasksOfHooks(workflow.hooks)
  // Which of the hooks run is not known yet.
  const running = new Set([...selected, ...hooks.map(({id}) => id)])
  const find = (sites: readonly TemplateSite[]): Missing[] => findMissing(sites, running, templates)
  const places = new Map(readDraft(workflow.source).tasks.map(({id, at}) => [id, at]))
  const errors = [...workflow.tasks, ...hooks].flatMap((task) => {
    if (!running.has(task.id)) return []
    return find(taskSites(task, literalInputs(task))).map((missing) =>
      describeMissing(workflow, task.id, places.get(task.id) ?? [], missing),
    )
  })
  if (errors.length > 0) {
    throw new WorkflowError('USAGE', 'a selected task reads a task that does not run', {
      diagnostics: errors,
      hint: 'select that task too, or give the value a default: {{ tasks.x.output ?? "" }}',
    })
  }
  const tasks = workflow.tasks.filter(({id}) => selected.has(id))
  const secretsOf = (some: readonly Task[]): Set<string> =>
    new Set(some.flatMap((task) => [...secretsRead(task, literalInputs(task), templates)]))
  const needed = secretsOf([...tasks, ...hooks])
  const elsewhere = [...secretsOf(workflow.tasks)].filter((name) => !needed.has(name))
  const unreadable = find(workflowSites({outputs: workflow.outputs}))
  return {
    workflow: {
      ...workflow,
      // Nobody needs a password for what does not run.
      optionalSecrets: [...new Set([...(workflow.optionalSecrets ?? []), ...elsewhere])],
      tasks: tasks.map((task) => ({...task, needs: task.needs.filter((id) => selected.has(id))})),
      outputs: withoutValues(workflow.outputs, new Set(unreadable.map(({site}) => site.name ?? ''))),
    },
    warnings: unreadable.map(({site, steps, reference, task}) => {
      const finding = {
        severity: 'warning',
        code: 'output-left-out',
        message: `the output "${site.name ?? ''}" will be null: the task "${task}" does not run`,
      } as const
      return workflow.source.diagnostic([...pathOf(site), ...steps], 'value', finding, reference)
    }),
  }
}

function findMissing(sites: readonly TemplateSite[], selected: ReadonlySet<string>, templates: Templates): Missing[] {
  const found: Missing[] = []
  for (const site of sites) {
    visitTemplates(site.value, (text, steps) => {
      const references = templates.parse(text).references.filter(({root}) => root === 'tasks')
      // Whoever asks for it with has() anywhere in the template has thought of it.
      const guarded = new Set(references.filter(({isOptional}) => isOptional).map(({path: [task]}) => task))
      for (const reference of references) {
        const [task] = reference.path
        if (typeof task !== 'string' || guarded.has(task) || selected.has(task)) continue
        found.push({site, steps: [...steps], reference, task})
      }
    })
  }
  return found
}

function describeMissing({source}: Workflow, id: string, at: DocumentPath, {site, steps, reference, task}: Missing): Diagnostic {
  const message = `"${id}" reads the task "${task}", which does not run`
  return source.diagnostic([...at, ...pathOf(site), ...steps], 'value', {severity: 'error', code: 'task-left-out', message}, reference)
}

function withoutValues(outputs: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, names.has(name) ? null : value]))
}
