// `dotenv` and --env-file: variables of tasks from files. The plan knows the files and the names; the values stay beside it.

import {resolve} from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {readFileBytes} from '../files/read-file-bytes.ts'
import {parseEnvFile} from '../secrets/formats/env-file.ts'
import type {PlannedWorkflow} from '../engine/plan.ts'
import {variableRules} from '../secrets/formats/entry-rules.ts'
import {decodeText} from '../secrets/formats/secret-text.ts'
import {masterKeyVariables} from '../secrets/keys/master-key.ts'
import type {Workflow} from '../workflow/model.ts'

export interface FileEnvironment {
  /** Absolute paths of the files that were read, in order. */
  readonly files: readonly string[]
  /** The last file that has a name wins. */
  readonly values: Readonly<Record<string, string>>
  readonly warnings: readonly Diagnostic[]
}

const maxBytes = 4 * 1024 * 1024

/**
 * First those of the workflow, then those of the command line. Throws WORKFLOW_INVALID for a missing file of the workflow, DOCUMENT_UNREADABLE,
 * CONFIG_INVALID with all that is wrong with the lines of a file.
 * @param asked paths of the command line, relative to `cwd` @param onUnreadable takes what would be thrown for a missing file of the workflow
 */
export async function readEnvFiles(
  workflow: Workflow,
  asked: readonly string[],
  cwd: string,
  onUnreadable?: (finding: Diagnostic) => void,
): Promise<FileEnvironment> {
  const files: string[] = []
  const values = new Map<string, string>()
  const warnings: Diagnostic[] = []
  const take = async (file: string, path: string): Promise<void> => {
    const found = parse(await readFileBytes(path, maxBytes), file)
    files.push(path)
    warnings.push(...found.warnings)
    for (const [name, value] of found.entries) values.set(name, value)
  }
  for (const [index, {file, isOptional}] of (workflow.dotenv ?? []).entries()) {
    try {
      await take(file, resolve(workflow.dir, file))
    } catch (error) {
      if (!(error instanceof WorkflowError) || error.code !== 'DOCUMENT_UNREADABLE') throw error
      if (isOptional && error.message.endsWith('does not exist')) continue
      const hint = `create it, or write {file: ${file}, optional: true}`
      const finding = {severity: 'error', code: 'unreadable-dotenv', message: error.message, hint} as const
      const diagnostic = workflow.source.diagnostic(['dotenv', index], 'value', finding)
      if (onUnreadable !== undefined) {
        onUnreadable(diagnostic)
        continue
      }
      throw new WorkflowError('WORKFLOW_INVALID', `The workflow file "${workflow.source.file}" has 1 error.`, {
        diagnostics: [diagnostic],
        cause: error,
      })
    }
  }
  for (const file of asked) await take(file, resolve(cwd, file))
  for (const name of removeSecrets(values, workflow.secrets)) {
    const message = `${name} is not taken from the environment files: it is the name of a secret`
    warnings.push({severity: 'warning', code: 'secret-in-env-file', message, hint: `workflow secrets set ${name}`})
  }
  return {files, values: Object.fromEntries(values), warnings}
}

/**
 * What the files of a plan say now, for a run that is resumed; the warnings name what they do not say any more. Throws DOCUMENT_UNREADABLE and
 * CONFIG_INVALID. @param secrets names that are never taken from files
 */
export async function readEnvFilesAgain(
  {files, names}: NonNullable<PlannedWorkflow['envFiles']>,
  secrets: readonly string[],
): Promise<FileEnvironment> {
  const values = new Map<string, string>()
  for (const file of files) for (const [name, value] of parse(await readFileBytes(file, maxBytes), file).entries) values.set(name, value)
  removeSecrets(values, secrets)
  const warnings = names
    .filter((name) => !values.has(name))
    .map((name): Diagnostic => {
      const message = `the environment files do not have ${name} any more, which they had when the run began`
      return {severity: 'warning', code: 'variable-gone', message}
    })
  return {files, values: Object.fromEntries(values), warnings}
}

/** The names that were removed. */
function removeSecrets(values: Map<string, string>, secrets: readonly string[]): string[] {
  return [...masterKeyVariables, ...secrets].filter((name) => values.delete(name))
}

interface ReadEntries {
  readonly entries: readonly (readonly [string, string])[]
  readonly warnings: readonly Diagnostic[]
}

function parse(bytes: Buffer, file: string): ReadEntries {
  if (bytes.length > maxBytes) throw new WorkflowError('CONFIG_INVALID', `"${file}" is too large: at most 4 MiB are read`)
  const text = decodeText(bytes)
  if (text === undefined) throw new WorkflowError('CONFIG_INVALID', `"${file}" is not UTF-8 text`)
  const {entries, diagnostics} = parseEnvFile(text, file, variableRules)
  if (diagnostics.some(({severity}) => severity === 'error'))
    throw new WorkflowError('CONFIG_INVALID', `The environment file "${file}" has errors.`, {diagnostics})
  return {entries: [...entries].map(([name, value]) => [name, value.toString()] as const), warnings: diagnostics}
}
