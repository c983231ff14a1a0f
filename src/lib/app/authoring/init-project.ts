// The files of a new project. They are written only when none of them is there, so nothing is ever overwritten.

import {currentDirectory, resolveFrom} from '../../files/current-directory.ts'
import {writeNewFiles, type NewFile} from '../../files/write-new-files.ts'
import {loadSchema} from './schemas.ts'

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

const files: readonly NewFile[] = [
  {path: 'hello.yaml', text: workflow},
  {path: 'plugins/shout/plugin.yaml', text: manifest},
  {path: 'plugins/shout/index.ts', text: plugin},
]

/** Writes the files of a new project into `dir` and returns their paths. Throws FILE_EXISTS before it writes anything. */
export async function initProject(dir: string): Promise<string[]> {
  // Says what is wrong when a relative one leads nowhere.
  resolveFrom(currentDirectory(), dir)
  const schema = {path: 'workflow.schema.json', text: `${JSON.stringify(await loadSchema('workflow'), null, 2)}\n`}
  return await writeNewFiles(dir, [...files, schema], 'name a new directory: workflow init DIR')
}
