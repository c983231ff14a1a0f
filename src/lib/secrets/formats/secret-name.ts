// What a secret may be called, and what it may hold.

import {WorkflowError} from '../../errors/workflow-error.ts'

/** 1 MB. */
export const maxSecretBytes = 1_048_576

// Without the `m` flag: with it, `$` would also match before a newline at the end.
const namePattern = /^[A-Za-z0-9_-]{1,255}$/

export function isSecretName(name: string): boolean {
  return namePattern.test(name)
}

/** As the last words of a command to copy. */
export function asArgument(name: string): string {
  return name.startsWith('-') ? `-- ${name}` : name
}

/** Throws SECRET_NAME_INVALID. Does not quote the name: it may be a value, or be followed by one. */
export function checkSecretName(name: string): void {
  if (isSecretName(name)) return
  const problem = name === '' ? 'Secret name cannot be empty' : name.length > 255 ? 'Secret name too long' : 'Invalid secret name'
  const [before = ''] = name.split('=', 1)
  const isAssignment = name.includes('=') && isSecretName(before)
  throw new WorkflowError(
    'SECRET_NAME_INVALID',
    `${problem}; allowed are 1 to 255 alphanumeric characters (A-Z, a-z, 0-9), underscores (_) and hyphens (-)`,
    {hint: isAssignment ? `workflow secrets set ${asArgument(before)} asks for the value` : 'workflow secrets set API_KEY'},
  )
}

/** Whether the user seems to have given the value first and the name second. */
export function looksSwapped(name: string, value: string): boolean {
  const isConstant = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/
  return isConstant.test(value) && !isConstant.test(name) && /\d/.test(name)
}

/** Throws SECRET_VALUE_INVALID; the message holds nothing of the value. */
export function checkSecretValue(name: string, value: Uint8Array): void {
  if (value.length === 0) {
    throw new WorkflowError('SECRET_VALUE_INVALID', 'Secret value cannot be empty', {
      hint: `to remove the secret: workflow secrets delete ${asArgument(name)}`,
    })
  }
  if (value.length > maxSecretBytes) {
    throw new WorkflowError(
      'SECRET_VALUE_INVALID',
      `the value of secret '${name}' is larger than 1 MB (1 048 576 bytes), the most that can be stored`,
      {
        hint: 'keep the large part in a file, and store the key that decrypts it',
      },
    )
  }
}
