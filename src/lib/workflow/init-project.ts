// The files of a new project. They are written only when none of them is there, so nothing is ever overwritten.

import {access, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {ensureDirectory} from '../util/ensure-directory.ts'
import {workflowSchema} from './schema.ts'

const workflow = `# yaml-language-server: $schema=./workflow.schema.json
id: hello
vars: {name: world}
tasks:
  - id: greet
    type: core/shell.run
    env: {NAME: '{{ vars.name }}'}
    inputs: {command: 'echo "Hello, $NAME!"'}

  - id: shout
    type: my/shout.say # plugins/shout
    needs: [greet]
    inputs: {text: '{{ tasks.greet.output.stdout }}'}

outputs: {greeting: '{{ tasks.shout.output.text }}'}
`

const manifest = `namespace: my
name: shout
version: 1.0.0
main: index.ts
actions:
  - name: say
    input:
      type: object
      required: [text]
      properties: {text: {type: string}}
`

const plugin = `import {defineAction} from '@autokestra/plugin-sdk'

export const say = defineAction({
  execute({text}: {text: string}, context) {
    context.log.info('shouting')
    return {text: text.toUpperCase()}
  },
})
`

const files: Readonly<Record<string, string>> = {
  'hello.yaml': workflow,
  'workflow.schema.json': `${JSON.stringify(workflowSchema, null, 2)}\n`,
  'plugins/shout/plugin.yaml': manifest,
  'plugins/shout/index.ts': plugin,
}

/** Writes the files of a new project into `dir` and returns their paths. Throws FILE_EXISTS before it writes anything. */
export async function initProject(dir: string): Promise<string[]> {
  const paths = Object.keys(files).map((name) => join(dir, name))
  for (const path of paths) {
    if (await exists(path)) {
      throw new WorkflowError('FILE_EXISTS', `${path} is already there`, {hint: 'name a new directory: workflow init DIR'})
    }
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(dir, name)
      ensureDirectory(dirname(path))
      await writeFile(path, text, {flag: 'wx'})
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new WorkflowError('FILE_NOT_WRITABLE', `cannot write to ${dir} (${String(error.code)})`, {
      hint: 'name a directory you may write to',
      cause: error,
    })
  }
  return paths
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    // Not there, or not to be seen: writing with `wx` decides.
    return false
  }
}
