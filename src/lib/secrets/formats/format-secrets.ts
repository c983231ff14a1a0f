// All secrets as one text.

import {formatEnvFile} from './env-file.ts'
import {formatSecretsJson, secretsToJson, type SecretJson} from './secrets-json.ts'
import {formatShellExport} from './shell-export.ts'

const formats = {env: formatEnvFile, json: formatSecretsJson, shell: formatShellExport}

export type ExportFormat = keyof typeof formats

export interface FormattedSecrets {
  readonly text: string
  readonly json: Record<string, SecretJson>
  readonly secrets: number
}

/** Throws SECRET_VALUE_INVALID, naming the secrets that the format has no way to write. */
export function formatSecrets(entries: ReadonlyMap<string, Uint8Array>, format: ExportFormat): FormattedSecrets {
  return {text: formats[format](entries), json: secretsToJson(entries), secrets: entries.size}
}
