// What counts as a master key, wherever it comes from.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {withoutLineEnd} from '../../util/without-line-end.ts'

/** No key is longer; more is a mistake, such as the wrong file. */
export const maxKeyBytes = 64 * 1024

// A file that was being written when the power failed may be nothing but zeros.
const blank = new Set([0x00, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20])

/**
 * The key without the one newline (LF or CRLF) that editors and `echo` put at the end.
 * Throws MASTER_KEY_INVALID for nothing, blanks only, or more than 64 KiB.
 * @param origin begins the message: `the key file /…`
 */
export function toKeyBytes(raw: Buffer, origin: string): Buffer {
  if (raw.length > maxKeyBytes) throw invalidKey(`${origin} is larger than 64 KiB, which is not a key`, {hint: generateHint})
  if (raw.every((byte) => blank.has(byte))) {
    throw invalidKey(`${origin} is ${raw.length === 0 ? 'empty' : 'blank'}`, {hint: generateHint})
  }
  return withoutLineEnd(raw)
}

const generateHint =
  'use the key that the secrets were stored with. If nothing is stored yet, remove it to have a key generated, or generate one with: openssl rand -base64 32'

export function invalidKey(message: string, options: {readonly hint: string; readonly cause?: unknown}): WorkflowError {
  return new WorkflowError('MASTER_KEY_INVALID', message, options)
}
