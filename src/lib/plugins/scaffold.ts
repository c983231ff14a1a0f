// A new plugin that runs at once, in one of four languages: one action that says hello.

import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {writeNewFiles, type NewFile} from '../files/write-new-files.ts'
import {isKebabCase} from './check-manifest.ts'

export const pluginLanguages = ['ts', 'js', 'python', 'shell'] as const

export type PluginLanguage = (typeof pluginLanguages)[number]

export interface ScaffoldedPlugin {
  /** `namespace/name` */
  readonly id: string
  readonly dir: string
  readonly files: readonly string[]
  /** A workflow that uses it, as text. */
  readonly example: string
}

interface Template {
  /** The lines of the manifest that name the program. */
  readonly program: string
  readonly exec?: string
  readonly output: string
  readonly file: NewFile
}

const typescript = `import {defineAction} from '@autokestra/plugin-sdk'

export const greet = defineAction({
  execute({name}: {name: string}, context) {
    context.log.info('greeting', {name})
    return {greeting: \`Hello, \${name}!\`}
  },
})
`

const python = `import json
import sys

# The inputs come as JSON on standard input; the action is in sys.argv[1].
inputs = json.load(sys.stdin)
print("greeting", inputs["name"], file=sys.stderr)  # a line of the log
json.dump({"greeting": f"Hello, {inputs['name']}!"}, sys.stdout)
`

const shell = `#!/bin/sh
# What is printed is the output: tasks.ID.output.stdout. Inputs come as the arguments that plugin.yaml names.
echo "Hello, $1!"
`

const fieldsOutput = `
    output:
      type: object
      required: [greeting]
      properties:
        greeting: {type: string}`

const templates: Readonly<Record<PluginLanguage, Template>> = {
  ts: {program: 'main: index.ts', output: fieldsOutput, file: {path: 'index.ts', text: typescript}},
  js: {
    program: 'main: index.mjs',
    output: fieldsOutput,
    file: {path: 'index.mjs', text: typescript.replace('{name}: {name: string}', '{name}')},
  },
  python: {program: 'command: [python3, main.py]', output: fieldsOutput, file: {path: 'main.py', text: python}},
  shell: {
    program: 'protocol: exec',
    exec: `\n    exec: [./greet.sh, '{{ inputs.name }}']`,
    output: '',
    file: {path: 'greet.sh', text: shell, isExecutable: true},
  },
}

const defaultNamespace = 'my'

/**
 * Writes the files of a new plugin into a directory of its name below `pluginsDir`.
 * @param name `name` or `namespace/name`, in kebab-case
 * Throws USAGE, FILE_EXISTS, FILE_NOT_WRITABLE.
 */
export async function scaffoldPlugin(pluginsDir: string, name: string, language: PluginLanguage): Promise<ScaffoldedPlugin> {
  const parts = name.split('/')
  const [namespace = '', own = ''] = parts.length === 1 ? [defaultNamespace, name] : parts
  if (parts.length > 2 || !isKebabCase(namespace) || !isKebabCase(own)) {
    throw new WorkflowError('USAGE', `"${name}" is not a valid plugin name.`, {
      hint: 'use lower-case letters, digits and single hyphens, optionally after a namespace: acme/send-mail',
    })
  }
  const {program, exec = '', output, file} = templates[language]
  const manifest = `namespace: ${namespace}
name: ${own}
version: 0.1.0
description: Greets somebody.
${program}
actions:
  - name: greet
    description: Says hello.
    idempotent: true${exec}
    input:
      type: object
      required: [name]
      additionalProperties: false
      properties:
        name: {type: string, minLength: 1, description: Who is greeted.}${output}
`
  const dir = path.join(pluginsDir, own)
  const files = await writeNewFiles(dir, [{path: 'plugin.yaml', text: manifest}, file], 'choose another name')
  const id = `${namespace}/${own}`
  return {id, dir, files, example: `id: greet\ntasks:\n  - id: greet\n    type: ${id}.greet\n    inputs: {name: world}\n`}
}
