// A plugin host that answers an invoke with whatever a test wants, right or wrong.

import {mkdtempSync, writeFileSync} from 'node:fs'
import path from 'node:path'

/**
 * Writes the host into a new directory below `directory`, and gives its file. `answer` is the body of `(message, send, frame, lines)`: `send` writes
 * a right frame, `frame(value, text?)` only makes one, and `lines` is what the host reads. `start` runs before the host says that it is ready.
 */
export function writeOddHost(directory: string, answer: string, start = ''): string {
  const file = path.join(mkdtempSync(path.join(directory, 'host-')), 'host.mjs')
  writeFileSync(
    file,
    `import {crc32} from 'node:zlib'
import {createInterface} from 'node:readline'
import {writeSync} from 'node:fs'
${start}
writeSync(1, '\\x1eready\\n')
const lines = createInterface({input: process.stdin})
const answer = async (message, send, frame) => { ${answer} }
lines.on('line', (line) => {
  const message = JSON.parse(line)
  const frame = (value, text = JSON.stringify(value)) => '\\x1e' + message.nonce + ' ' + Buffer.byteLength(text) + ' ' + crc32(text).toString(16).padStart(8, '0') + ' ' + text + '\\n'
  if (message.type === 'invoke') answer(message, (value) => writeSync(1, frame(value)), frame)
})
lines.on('close', () => process.exit())
`,
  )
  return file
}
