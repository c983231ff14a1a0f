// The images that the tasks of a plan name, as far as they are known before the run.

import {allTasks, type Plan, type PlannedTask} from '../../engine/plan.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import {RunItems} from '../../execution/task/run-items.ts'
import type {Scope} from '../../templates/scope.ts'
import {TemplateError} from '../../templates/template-error.ts'
import {isTemplate, toText, type Templates} from '../../templates/templates.ts'
import {isImageReference} from '../../workflow/container/written-container.ts'
import {ItemsError} from '../../workflow/items/items-error.ts'

type NamedImage = Pick<PlannedContainer, 'image' | 'pull'>

/** What has its value when the run starts. */
const knownRoots = ['inputs', 'vars', 'env']
/** Of one task. A longer list is a list of work: it names few images, and takes time to go through before anything has started. */
const mostItems = 1000

/** Each once, in the order of the tasks and their items. A name that depends on the run is left out: its task finds the image. */
export function knownImages({plan, templates}: {readonly plan: Plan; readonly templates: Templates}): NamedImage[] {
  const {inputs = {}, vars, env, id} = plan.workflow
  const scope: Scope = {inputs, vars, env, tasks: {}, run: {id: '', workflow: id, startedAt: ''}}
  const found = new Map<string, NamedImage>()
  for (const task of allTasks(plan)) {
    if (task.container === undefined) continue
    const {image: written, pull} = task.container
    for (const image of new KnownNames(templates, scope).of(written, task)) {
      if (isImageReference(image)) found.set(`${pull} ${image}`, {image, pull})
    }
  }
  return [...found.values()]
}

class KnownNames {
  readonly #templates: Templates
  readonly #scope: Scope

  constructor(templates: Templates, scope: Scope) {
    this.#templates = templates
    this.#scope = scope
  }

  /** None: they depend on the run, or cannot be made. The task that has them fails with the reason, if it ever starts. */
  of(text: string, task: PlannedTask): readonly string[] {
    if (!isTemplate(text)) return [text]
    if (this.#isKnown(text)) return this.#evaluate(text, [this.#scope])
    const ofItems = ['matrix', 'item', 'index', task.forEach?.as ?? 'item']
    if (!this.#isKnown(text, ofItems) || !this.#isKnown({...task.forEach, ...task.matrix}, ofItems)) return []
    return this.#evaluate(text, this.#scopesOf(task))
  }

  /** Whether the templates in a value read nothing else. */
  #isKnown(value: unknown, more: readonly string[] = []): boolean {
    if (typeof value === 'string')
      return (
        !isTemplate(value) || this.#templates.parse(value).references.every(({root}) => knownRoots.includes(root) || more.includes(root))
      )
    return typeof value !== 'object' || value === null || Object.values(value).every((item) => this.#isKnown(item, more))
  }

  #scopesOf(task: PlannedTask): Scope[] {
    if (task.forEach === undefined && task.matrix === undefined) return []
    const items = new RunItems(this.#templates, undefined)
    return unlessItFails(() => {
      const keys = items.expand(task, this.#scope)
      if (keys.length > mostItems) return []
      return keys.map((item) => ({...this.#scope, ...items.variablesOf({task: task.id, item})}))
    })
  }

  #evaluate(text: string, scopes: readonly Scope[]): string[] {
    return scopes.flatMap((scope) => unlessItFails(() => [toText(this.#templates.evaluate(text, scope))]))
  }
}

function unlessItFails<T>(make: () => T[]): T[] {
  try {
    return make()
  } catch (error) {
    if (error instanceof TemplateError || error instanceof ItemsError) return []
    throw error
  }
}
