// Values of secrets on their way out, on purpose: to a reader of stdout, or into a file of its owner's.

import {lstatSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {asArgument} from '../../secrets/formats/secret-name.ts'
import {decodeText} from '../../secrets/formats/secret-text.ts'
import {secretToJson} from '../../secrets/formats/secrets-json.ts'
import {writeFileAtomic} from '../../files/atomic-write.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import type {Terminal} from '../terminal/terminal.ts'

/** Shown before any value is. */
export const exposureWarning =
  'warning: this exposes secrets in clear text: anyone who sees your terminal, its scrollback or a recording of it can read them\n'

/** Said when another process kept old ciphertext from being removed. */
export const purgeWarning =
  'warning: the change is stored, but another process is reading the database, so encrypted bytes of the old value are still in its log; ' +
  'the next change of a secret removes them\n'

// Everything but tabs, line ends (LF, CRLF) and what can be seen.
const unshowable = /(?![\t\n]|\r\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** What `get` writes: the value, byte for byte. A terminal gets a line end after it; what it would not show as it is, it does not get. */
export function renderSecret(name: string, value: Uint8Array, terminal: Pick<Terminal, 'isTty'>): Uint8Array {
  if (!terminal.isTty) return value
  const text = decodeText(value)
  if (text === undefined || unshowable.test(text)) {
    throw new WorkflowError(
      'SECRET_VALUE_INVALID',
      `secret '${name}' contains control characters or bytes that are not text: a terminal cannot show it`,
      {
        hint: `workflow secrets get ${asArgument(name)} > FILE, or --json`,
      },
    )
  }
  return text.endsWith('\n') ? value : Buffer.concat([value, Buffer.from('\n')])
}

export type SecretDocument = {readonly name: string; readonly value: string} | {readonly name: string; readonly base64: string}

/** What `get --json` writes. */
export function describeSecret(name: string, value: Uint8Array): SecretDocument {
  const json = secretToJson(value)
  return typeof json === 'string' ? {name, value: json} : {name, ...json}
}

/** Readable for its owner only, as a whole or not at all. Throws FILE_EXISTS, unless it may be replaced, or FILE_NOT_WRITABLE. */
export async function writePrivateFile(file: string, content: string, options: {readonly mayReplace: boolean}): Promise<void> {
  try {
    const found = lstatSync(file, {throwIfNoEntry: false})
    if (found !== undefined && !options.mayReplace) throw exists(file)
    if (found !== undefined && !found.isFile()) throw notWritable(file, 'it exists and is not a file')
    // Not made on the way: a mistyped directory would get a file full of secrets.
    lstatSync(path.dirname(file))
    await writeFileAtomic(file, content, {durable: true, mustBeNew: !options.mayReplace})
  } catch (error) {
    if (error instanceof WorkflowError) throw error
    if (hasErrorCode(error, 'EEXIST')) throw exists(file)
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw notWritable(file, `there is no directory ${path.dirname(file)}`)
    if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS')) throw notWritable(file, 'permission denied')
    if (hasErrorCode(error, 'ENOSPC', 'EDQUOT')) throw notWritable(file, 'the disk is full')
    if (error instanceof Error && 'code' in error) throw notWritable(file, String(error.code))
    throw error
  }
}

function exists(file: string): WorkflowError {
  return new WorkflowError('FILE_EXISTS', `${file} already exists`, {hint: 'choose another name, or replace it with --force'})
}

function notWritable(file: string, problem: string): WorkflowError {
  return new WorkflowError('FILE_NOT_WRITABLE', `cannot write ${file}: ${problem}`, {
    hint: 'name a file in a directory that exists, that you can write to, and that has space left',
  })
}
