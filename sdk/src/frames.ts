// Writes the frames of the SDK protocol; protocol.ts describes their form.

import {Buffer} from 'node:buffer'
import {crc32} from 'node:zlib'
import {frameStart, type PluginFrame} from './protocol.ts'

const stringify = JSON.stringify
const bytesOf = Buffer.from.bind(Buffer)
const concat = Buffer.concat.bind(Buffer)

/** Checksum of a payload as frames carry it: CRC-32 (IEEE 802.3), 8 lower-case hex digits. */
export function frameChecksum(payload: Uint8Array): string {
  return crc32(payload).toString(16).padStart(8, '0')
}

/** The bytes of one frame. `nonce` is the one of the invoke that the frame belongs to; nothing stands between it and the start byte. */
export function encodeFrame(nonce: string, frame: PluginFrame): Buffer {
  return encodePayload(nonce, stringify(frame))
}

/** Like encodeFrame, for a payload that is JSON text already. */
export function encodePayload(nonce: string, json: string): Buffer {
  const payload = bytesOf(json, 'utf8')
  const head = bytesOf(`${frameStart}${nonce} ${String(payload.length)} ${frameChecksum(payload)} `, 'latin1')
  return concat([head, payload, bytesOf('\n', 'latin1')])
}
