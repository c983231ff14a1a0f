// The bytes of a file of secrets -> its entries. All findings are reported at once.

import type {Diagnostic} from '../../errors/diagnostic.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {readFileBytes} from '../../files/read-file-bytes.ts'
import {parseEnvFile} from './env-file.ts'
import type {ParsedSecrets} from './secret-findings.ts'
import {decodeText} from './secret-text.ts'
import {parseSecretsJson} from './secrets-json.ts'

type SecretsFormat = 'env' | 'json'

/** More is not read: every secret of a very full store, as base64. */
const maxSecretsFileBytes = 64 * 1024 * 1024

interface ReadSecrets {
  readonly entries: ParsedSecrets['entries']
  readonly warnings: readonly Diagnostic[]
}

/** As `readSecrets`, of a file or standard input (`-`). Throws DOCUMENT_UNREADABLE too. */
export async function readSecretsFile(
  file: string,
  format: SecretsFormat | undefined,
  input: {readStdinBytes(maxBytes: number): Promise<Buffer>},
): Promise<ReadSecrets> {
  const bytes = file === '-' ? await input.readStdinBytes(maxSecretsFileBytes) : await readFileBytes(file, maxSecretsFileBytes)
  return readSecrets(bytes, file, format)
}

/** `file` is `-` for standard input. Without a format, a name that ends in `.json` or a text that begins with `{` is JSON. Throws SECRET_IMPORT_INVALID. */
export function readSecrets(bytes: Uint8Array, file: string, format?: SecretsFormat): ReadSecrets {
  const name = file === '-' ? 'standard input' : `"${file}"`
  if (bytes.length > maxSecretsFileBytes) throw invalid(`${name} is too large: at most 64 MiB are read`)
  const text = decodeText(bytes)
  if (text === undefined) throw invalid(`${name} is not UTF-8 text`)
  if (/^\uFEFF?\s*$/.test(text)) throw invalid(`${name} is empty`)
  const isJson = format === undefined ? file.endsWith('.json') || /^\uFEFF?\s*\{/.test(text) : format === 'json'
  const {entries, diagnostics} = (isJson ? parseSecretsJson : parseEnvFile)(text, file)
  if (diagnostics.some(({severity}) => severity === 'error')) throw invalid(`${name} has errors; nothing was stored`, diagnostics)
  return {entries, warnings: diagnostics}
}

function invalid(message: string, diagnostics: readonly Diagnostic[] = []): WorkflowError {
  return new WorkflowError('SECRET_IMPORT_INVALID', message, {diagnostics})
}
