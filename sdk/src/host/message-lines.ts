// Cuts the bytes of stdin into lines, in time linear in their number.

import {Buffer} from 'node:buffer'

const newline = 0x0a
const concat = Buffer.concat.bind(Buffer)

/** Collects chunks; each complete line is handed to `onLine` without its newline. */
export function createLineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let pending: Buffer[] = []
  return (chunk) => {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(newline, start)
      if (end === -1) break
      const last = chunk.subarray(start, end)
      const line = pending.length === 0 ? last : concat([...pending, last])
      pending = []
      start = end + 1
      onLine(line.toString('utf8'))
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
  }
}
