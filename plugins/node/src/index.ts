// The plugin core/node.

import {createRequire} from 'node:module'
import {join} from 'node:path'
import {compileFunction, constants} from 'node:vm'
import {ActionError, defineAction, type JsonObject, type JsonValue} from '@autokestra/plugin-sdk'

const fileName = 'script'
/** The line before the first one of the script. */
const before = 'return (async () => {'

/** Runs `script` as the body of an async function. Fails with SCRIPT_INVALID, which says where, or with what the script throws. */
export const run = defineAction({
  async execute({script, ...inputs}: {script: string} & JsonObject): Promise<unknown> {
    // Modules are found from the working directory, not from this file.
    const require = createRequire(join(process.cwd(), fileName))
    const call = compile(script) as (inputs: JsonObject, require: NodeJS.Require) => Promise<JsonValue | undefined>
    return await call(inputs, require)
  },
})

function compile(script: string): unknown {
  try {
    return compileFunction(`${before}\n${script}\n})()`, ['inputs', 'require'], {
      filename: fileName,
      lineOffset: -1,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ActionError('SCRIPT_INVALID', `the script is not valid JavaScript: ${describe(error)}`, {retryable: false})
  }
}

/** The engine writes the position before the message: `script:2`. */
function describe({stack = '', message}: SyntaxError): string {
  const line = /^script:(\d+)/.exec(stack)?.[1]
  return line === undefined ? message : `${message} (line ${line})`
}
