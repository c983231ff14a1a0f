// One request to the engine, and what its answer means: a value, a stream, a connection, or an error with a status.

import type Modem from 'docker-modem'
import {Readable} from 'node:stream'
import {defined} from '../../util/defined.ts'
import {LineSplitter} from '../../util/split-lines.ts'
import {readMessage} from './answers.ts'
import {EngineError} from './errors.ts'

export interface DialOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: object
  readonly file?: Buffer | Readable
  readonly isStream?: boolean
  readonly isHijacked?: boolean
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD'

const longestBuildLine = 1024 * 1024
const successes = Object.fromEntries([200, 201, 204, 304].map((status) => [status, true]))

/** @param moreQuery for names that come more than once, encoded, beginning with `&`; there must be a query then */
export function dial(modem: Modem, method: Method, path: string, options: DialOptions = {}, moreQuery = ''): Promise<unknown> {
  const {query = {}, body = {}, isHijacked = false, signal, headers} = options
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value))
  // A body of no bytes: of a body that comes in parts, the end could arrive after the connection was handed over, as input of the container.
  const file = isHijacked && options.body === undefined ? Buffer.alloc(0) : options.file
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        path: search.size === 0 ? path : `${path}?${search.toString()}${moreQuery}&`,
        method,
        options: {_query: {}, _body: body},
        statusCodes: successes,
        isStream: options.isStream ?? isHijacked,
        hijack: isHijacked,
        ...defined({file, abortSignal: signal, headers: headers && {...headers}}),
      },
      (error, answer) => {
        if (error === null) resolve(answer)
        else reject(toEngineError(error))
      },
    )
  })
}

function toEngineError(error: Error): Error {
  if (!('statusCode' in error) || typeof error.statusCode !== 'number') return error
  const json = 'json' in error ? error.json : undefined
  // The body of a stream's error is read by the library, which puts it into its own sentence.
  const message = readMessage(json) || error.message.replace(/^\(HTTP code \d+\) \w+ - /, '').trim()
  return new EngineError(error.statusCode, message)
}

/** Whether the request got through; false for one of these statuses. */
export async function unless(statuses: readonly number[], request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof EngineError && statuses.includes(error.status)) return false
    throw error
  }
}

/** The answer, or undefined when the engine has no such thing. */
export async function ifThere<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  }
}

export function asReadable(answer: unknown): Readable {
  if (answer instanceof Readable) return answer
  throw new EngineError(0, 'the engine did not answer with a stream')
}

export function labelFilter(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify({label: Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`))})
}

/** Slashes of a name stay. */
export function encodeReference(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}

/** Documents of a stream, one a line. Rejects when the connection breaks. */
export async function* readMessages<Message>(answer: Readable, read: (line: unknown) => Message): AsyncGenerator<Message> {
  let lines: unknown[] = []
  const splitter = new LineSplitter(longestBuildLine, (line) => {
    if (line.length > 0) lines.push(JSON.parse(line.toString()))
  })
  for await (const chunk of answer) {
    if (!(chunk instanceof Buffer)) continue
    splitter.push(chunk)
    yield* lines.map(read)
    lines = []
  }
  splitter.end()
  yield* lines.map(read)
}
