// What a line of NAME=VALUE may say: in a file of secrets, and in one of environment variables.

import {isSecretName} from './secret-name.ts'

export interface EntryRules {
  readonly isName: (name: string) => boolean
  readonly wrongName: string
  readonly nameHint: string
  readonly mayBeEmpty: boolean
}

export const secretRules: EntryRules = {
  isName: isSecretName,
  wrongName: 'this is not a valid secret name',
  nameHint: 'letters, digits, _ and -, 1 to 255 of them',
  mayBeEmpty: false,
}

export const variableRules: EntryRules = {
  isName: (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
  wrongName: 'this is not a valid environment variable name',
  nameHint: 'letters, digits and _, not starting with a digit',
  mayBeEmpty: true,
}
