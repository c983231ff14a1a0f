// The SDK protocol, version 1: what the workflow command and a plugin's host say to each other. Both sides import this file.
//
// To the host, on stdin: one JSON message per line. Stdin stays open; its end means that the workflow command is gone.
// From the host, on stdout: the mark that it is ready, once, and then frames. A frame may start anywhere in the stream; all bytes outside of frames are log text:
//
//   \x1e <nonce> ' ' <length> ' ' <crc32> ' ' <payload> '\n'
//
// nonce: the one of the current `invoke`, known only to the host, so text a plugin or its children print can never be a frame.
// length: bytes of the payload, decimal. crc32: of the payload, 8 hex digits (IEEE 802.3, as zlib). payload: JSON in UTF-8.

export const protocolVersion = 1

/** What a host writes first: from now on an invoke begins at once. */
export const hostReady = '\x1eready\n'

/** Byte that starts every frame: the ASCII record separator. */
export const frameStart = '\x1e'

export type JsonValue = string | number | boolean | null | JsonValue[] | {[key: string]: JsonValue}
export type JsonObject = {[key: string]: JsonValue}

export interface RunContext {
  /** Id of the workflow. */
  workflow: string
  /** Id of the run. */
  run: string
  /** Id of the task. */
  task: string
  /** 1 for the first try. */
  attempt: number
  /** Same for every attempt of one task of one run; hand it to services that remove duplicates. */
  idempotencyKey: string
}

/** Sent once per task. `main`, `dir`, `env` and `cwd` let a host that was started ahead become the host of this plugin. */
export interface InvokeMessage {
  type: 'invoke'
  v: number
  /** Unique within the host's life. */
  id: number
  /** 32 hex digits, fresh for every invoke. */
  nonce: string
  action: string
  /** The manifest declares this action and no other: then an entry point may export it as its default, without a name. */
  isOnlyAction: boolean
  inputs: JsonObject
  /** Of the action, from when this is read: a point in time would follow a clock that is set. Absent when the task has no timeout. */
  timeoutMs?: number
  context: RunContext
  /** Absolute path of the entry point. */
  main: string
  /** `main` was built from TypeScript and holds a source map: stacks then name the files the author wrote. */
  hasSourceMap?: boolean
  /** The host may serve other tasks afterwards: errors must name the task they come from. */
  isShared?: boolean
  /** The environment of the task; replaces the host's own. */
  env: Record<string, string>
  /** Absolute. */
  cwd: string
}

/** Asks the running action to stop: its `context.signal` is aborted. */
export interface CancelMessage {
  type: 'cancel'
  id: number
  /** The task took too long; otherwise the run was stopped. */
  isTimedOut?: boolean
}

export type HostMessage = InvokeMessage | CancelMessage

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogFrame {
  type: 'log'
  level: LogLevel
  message: string
  fields?: JsonObject
}

export interface ProgressFrame {
  type: 'progress'
  /** 0 to 1. */
  fraction: number
  message?: string
}

export interface ResultError {
  /** ACTION_FAILED for an error the action threw, or one of the host's own: ACTION_NOT_EXPORTED, PLUGIN_LOAD_FAILED, PROTOCOL_MISMATCH, INPUT_INVALID, OUTPUT_INVALID_JSON; or a code the action chose. */
  code: string
  message: string
  /** false: trying again is useless. Default true. */
  retryable?: boolean
  stack?: string
  /** The action or the system says what is wrong: the stack is for those who ask for it. Otherwise it is a bug of the plugin. */
  isExpected?: boolean
}

export interface HostMetrics {
  /** VmHWM of the host, in bytes. */
  peakMemoryBytes?: number
  cpuTimeMs?: number
}

/** The last frame of an invoke. */
export type ResultFrame =
  | {type: 'result'; ok: true; output: JsonValue; metrics?: HostMetrics}
  /** `isRefused`: no code of the plugin has run for this invoke; another host can take it. */
  | {type: 'result'; ok: false; error: ResultError; metrics?: HostMetrics; isRefused?: boolean}

export type PluginFrame = LogFrame | ProgressFrame | ResultFrame
