// The images that the tasks of a plan name, as far as they are known before the run.

import {allTasks, type Plan} from '../../engine/plan.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import {TemplateError} from '../../templates/template-error.ts'
import {isTemplate, toText, type Templates} from '../../templates/templates.ts'
import {isImageReference} from '../../workflow/container/written-container.ts'

/** What has its value when the run starts. */
const knownRoots = ['inputs', 'vars', 'env']

/** Each once, in the order of the tasks. A name that depends on the run is left out: its task finds the image. */
export function knownImages({
  plan,
  templates,
}: {
  readonly plan: Plan
  readonly templates: Templates
}): Pick<PlannedContainer, 'image' | 'pull'>[] {
  const {inputs = {}, vars, env, id} = plan.workflow
  const scope = {inputs, vars, env, tasks: {}, run: {id: '', workflow: id, startedAt: ''}}
  const evaluate = (text: string): string | undefined => {
    if (!isTemplate(text)) return text
    if (!templates.parse(text).references.every(({root}) => knownRoots.includes(root))) return undefined
    try {
      return toText(templates.evaluate(text, scope))
    } catch (error) {
      // The task that has it fails with this, if it ever starts.
      if (error instanceof TemplateError) return undefined
      throw error
    }
  }
  const found = new Map<string, Pick<PlannedContainer, 'image' | 'pull'>>()
  for (const {container} of allTasks(plan)) {
    const image = container === undefined ? undefined : evaluate(container.image)
    if (container === undefined || image === undefined || !isImageReference(image)) continue
    found.set(`${container.pull} ${image}`, {image, pull: container.pull})
  }
  return [...found.values()]
}
