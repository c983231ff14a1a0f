// The host's way out: frames of the current invoke, and plain text when there is none.

import {Buffer} from 'node:buffer'
import {encodeFrame} from '../frames.ts'
import type {LogFrame, PluginFrame, ProgressFrame, ResultFrame} from '../protocol.ts'
import {writeFully} from './write-fully.ts'

const stdout = 1
const bytesOf = Buffer.from.bind(Buffer)

/** Where the frames of one invoke go. The nonce stays inside this closure: plugin code is never handed it. */
export interface FrameOutput {
  /** After the result a log line is written as plain text, since the result is the last frame of its invoke. */
  emit: (frame: LogFrame | ProgressFrame) => void
  /** Writes the result; false when there was one already. */
  finish: (frame: ResultFrame) => boolean
  /** Nothing is written from now on: the process has another task, whose log this is not. */
  close: () => void
}

export function createFrameOutput(nonce: string): FrameOutput {
  let isFinished = false
  let isClosed = false
  const write = (frame: PluginFrame): void => {
    writeFully(stdout, encodeFrame(nonce, frame))
  }
  return {
    emit(frame) {
      if (!isFinished) write(frame)
      else if (frame.type === 'log' && !isClosed) writeText(frame.message)
    },
    finish(frame) {
      if (isFinished) return false
      isFinished = true
      write(frame)
      return true
    },
    close() {
      isClosed = true
    },
  }
}

/** A line outside of frames: log text. */
export function writeText(text: string): void {
  writeFully(stdout, bytesOf(`${text}\n`, 'utf8'))
}
