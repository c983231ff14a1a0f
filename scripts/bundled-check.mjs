// The check of workflow files as part of the bundle: V8 keeps its compiled code with the rest, and its file need not be found, read and hashed.

const source = /[\\/]src[\\/]lib[\\/]workflow[\\/]schema[\\/]workflow-check\.ts$/
const generated = 'generated:workflow-check'

/** Instead of src/lib/workflow/schema/workflow-check.ts. `require` runs the generated code at the first call only. */
const contents = `
  import {checkOf} from '../../documents/json-schema.ts'
  export const loadWorkflowCheck = async () => checkOf(require('${generated}'))`

/**
 * An esbuild plugin.
 * @param {string} root directory of the package
 * @param {() => Promise<string>} generate gives the code of the check
 */
export const bundledCheck = (root, generate) => ({
  name: 'bundled-check',
  setup(plugin) {
    plugin.onLoad({filter: source}, () => ({contents, loader: 'js'}))
    plugin.onResolve({filter: new RegExp(`^${generated}$`)}, ({path}) => ({path, namespace: 'generated'}))
    plugin.onLoad({filter: /.*/, namespace: 'generated'}, async () => ({contents: await generate(), resolveDir: root}))
  },
})
