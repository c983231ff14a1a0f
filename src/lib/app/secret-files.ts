// `workflow secrets export` and `import`: all secrets as one text, and back.

import {formatSecrets, type ExportFormat, type FormattedSecrets} from '../secrets/formats/format-secrets.ts'
import {readSecretsFile} from '../secrets/formats/read-secrets.ts'
import type {ImportResult} from '../secrets/store/secret-store.ts'
import {writePrivateFile} from '../ui/input/secret-output.ts'
import {renderDiagnostics} from '../ui/terminal/diagnostics.ts'
import type {App} from './app.ts'

export interface ExportRequest {
  readonly format: ExportFormat
  /** Where the text is written. Absent: it is only returned. */
  readonly file: string | undefined
  /** A file that is there is replaced. */
  readonly mayReplace: boolean
}

/** All secrets in clear text; the audit log says so before they leave. Throws SECRET_VALUE_INVALID, FILE_EXISTS, FILE_NOT_WRITABLE. */
export async function exportSecrets(app: App, {format, file, mayReplace}: ExportRequest): Promise<FormattedSecrets> {
  const store = await app.secrets()
  const values = await store.getAll()
  const formatted = formatSecrets(values, format)
  await store.recordRead([...values.keys()])
  if (file !== undefined) await writePrivateFile(file, formatted.text, {mayReplace})
  return formatted
}

export interface ImportRequest {
  /** `-`: standard input. */
  readonly file: string
  /** Default: by the file's name and content. */
  readonly format: 'env' | 'json' | undefined
  readonly onExisting: 'overwrite' | 'skip' | 'refuse'
}

/** Stores all secrets of a file, or none. Throws SECRET_IMPORT_INVALID with all findings, and DOCUMENT_UNREADABLE. */
export async function importSecrets(app: App, {file, format, onExisting}: ImportRequest): Promise<ImportResult> {
  const {entries, warnings} = await readSecretsFile(file, format, app)
  app.ui.err.write(renderDiagnostics(warnings, 'text', app.ui.errStyle))
  const store = await app.secrets()
  return await store.import(entries, {onExisting})
}
