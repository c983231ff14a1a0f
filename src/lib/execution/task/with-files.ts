// The files of one attempt: `in` is written before it, `out` is collected after it, and what held a secret is removed.

import {realpath, rm} from 'node:fs/promises'
import path from 'node:path'
import type {ActionResult, ActionWarning, TaskError} from '../../engine/task-result.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import {maskVisible} from '../../masking/mask-visible.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import type {JsonObject} from '../../util/json.ts'
import type {TaskFiles} from '../../workflow/task/task-files.ts'
import {collectFiles} from '../files/collect-files.ts'
import {fileError} from '../files/file-errors.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import {textOf, writeFiles} from '../files/write-files.ts'
import {notOwner} from '../attempt/not-owner.ts'
import type {RunSecrets} from './run-secrets.ts'

/** Names the directory of its files to the process of a task. */
const filesVariable = 'AUTOKESTRA_FILES'

export interface FilesOfAttempt {
  readonly key: TaskKey
  readonly files: TaskFiles
  /** `files.in`, evaluated. */
  readonly values: JsonObject
  readonly directory: RunDirectory
  readonly secrets: RunSecrets | undefined
  readonly signal: AbortSignal
}

/** What the execution is given: the directory, and the variable that names it. */
export interface PreparedFiles {
  readonly filesDir: string
  readonly env: Readonly<Record<string, string>>
}

/** The result of `execute`, with the files that were left. Each attempt begins with an empty directory and its own `files.in`. */
export async function withFiles(
  {key, files, values, directory, secrets, signal}: FilesOfAttempt,
  execute: (prepared: PreparedFiles) => Promise<ActionResult>,
): Promise<ActionResult> {
  if (!(await directory.confirmOwner())) return {ok: false, error: notOwner, metrics: {durationMs: 0}, warnings: []}
  const secretNames = namesOfSecrets(values, secrets)
  let filesDir: string | undefined
  let result: ActionResult
  try {
    filesDir = await directory.makeFresh(key)
    if (secretNames.length > 0) directory.markSecret(key)
    await writeFiles(filesDir, values, directory)
    result = await execute({filesDir, env: {[filesVariable]: filesDir}})
  } catch (error) {
    const failure = fileError('writing the files of the task', error)
    result = {ok: false, error: failure, metrics: {durationMs: 0}, warnings: []}
  }
  const left = filesDir === undefined ? [] : await removeSecrets(directory, key, filesDir, secretNames)
  const all = left.length === 0 ? result : {...result, warnings: [...result.warnings, ...left]}
  return all.ok && filesDir !== undefined ? await addFiles(all, filesDir, files, signal) : all
}

async function addFiles(
  result: ActionResult & {readonly ok: true},
  filesDir: string,
  {out}: TaskFiles,
  signal: AbortSignal,
): Promise<ActionResult> {
  const collected = await collectFiles(filesDir, out, signal)
  if (!collected.ok) return failedAfter(result, collected.error)
  return {...result, files: collected.files, warnings: [...result.warnings, ...collected.warnings]}
}

function failedAfter({metrics, warnings}: ActionResult, error: TaskError): ActionResult {
  return {ok: false, error, metrics, warnings}
}

/** A file holds a secret when masking would change it: read directly, or through the output of another task. */
function namesOfSecrets(values: JsonObject, secrets: RunSecrets | undefined): string[] {
  if (secrets === undefined) return []
  return Object.entries(values)
    .filter(([, value]) => {
      const text = textOf(value)
      return maskVisible(secrets.masker, text) !== text
    })
    .map(([name]) => name)
}

/** What could not be removed stays marked, for a later run to remove. */
async function removeSecrets(directory: RunDirectory, key: TaskKey, filesDir: string, names: readonly string[]): Promise<ActionWarning[]> {
  if (names.length === 0 || !(await directory.confirmOwner())) return []
  try {
    for (const name of names) await removeWithin(filesDir, name)
    directory.unmarkSecret(key)
    return []
  } catch (error) {
    const {message} = fileError('removing a file that holds a secret', error)
    return [{code: 'SECRET_FILE_LEFT', message: `${message}: ${filesDir}`}]
  }
}

/** The task may have replaced a directory with a link: what that leads to is not ours to remove. */
async function removeWithin(filesDir: string, name: string): Promise<void> {
  const file = path.join(filesDir, name)
  try {
    const [root, parent] = await Promise.all([realpath(filesDir), realpath(path.dirname(file))])
    if (parent === root || parent.startsWith(`${root}/`)) await rm(file, {force: true, recursive: true})
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error
  }
}
