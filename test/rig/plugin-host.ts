// Starts the real host program and speaks the SDK protocol with it. The decoder here is the tests' own, so an error of the product's cannot hide.

import {spawn, type ChildProcess} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {join} from 'node:path'
import {crc32} from 'node:zlib'
import {hostReady, type InvokeMessage, type PluginFrame, type ResultFrame} from '@autokestra/plugin-sdk/protocol'
import {buildSdk} from '../../scripts/build-sdk.mjs'
import {defined} from '../../src/lib/util/defined.ts'

export interface Invocation {
  main: string
  action?: string
  isOnlyAction?: boolean
  inputs?: InvokeMessage['inputs']
  env?: Record<string, string>
  cwd?: string
  timeoutMs?: number
  v?: number
}

export interface HostOptions {
  detached?: boolean
  env?: NodeJS.ProcessEnv
  node?: string
}

/** Bundles the SDK as a package would hold it; the directory is the caller's to remove. */
export async function buildHost(dir: string): Promise<string> {
  await buildSdk(dir, {types: false})
  return join(dir, 'host.js')
}

export class HostProcess {
  readonly child: ChildProcess
  readonly exited: Promise<{code: number | null; signal: NodeJS.Signals | null}>
  /** Every nonce this test has sent. */
  readonly nonces: string[] = []
  #bytes = Buffer.alloc(0)
  #stderr = ''
  #changed: (() => void)[] = []
  #isClosed = false
  #nextId = 1

  constructor(
    hostFile: string,
    {detached = true, env = {PATH: process.env['PATH'], HOST_ONLY: 'yes'}, node = process.execPath}: HostOptions = {},
  ) {
    this.child = spawn(node, [hostFile], {stdio: ['pipe', 'pipe', 'pipe'], detached, env})
    this.child.stdin?.on('error', () => undefined)
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
    })
    const exit = once(this.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    this.exited = exit.then(([code, signal]) => ({code, signal}))
    this.child.stdout?.once('end', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** Everything on stdout that is no frame, after the mark that the host is ready. */
  get text(): string {
    const {text} = this.#decode()
    return text.startsWith(hostReady) ? text.slice(hostReady.length) : text
  }

  get stderr(): string {
    return this.#stderr
  }

  get frames(): PluginFrame[] {
    return this.#decode().frames.map(({frame}) => frame)
  }

  framesOf(nonce: string): PluginFrame[] {
    return this.#decode().frames.flatMap(({frame, nonce: own}) => (own === nonce ? [frame] : []))
  }

  /** Sends an invoke; gives its id and nonce. */
  send({main, action = 'run', isOnlyAction = true, inputs = {}, env = {}, cwd = '/', timeoutMs, v = 1}: Invocation): {
    id: number
    nonce: string
  } {
    const nonce = randomBytes(16).toString('hex')
    const id = this.#nextId++
    this.nonces.push(nonce)
    const context = {workflow: 'w', run: 'r1', task: 't', attempt: 1, idempotencyKey: 'r1/t'}
    const message: InvokeMessage = {
      type: 'invoke',
      v,
      id,
      nonce,
      action,
      isOnlyAction,
      inputs,
      context,
      main,
      env,
      cwd,
      ...defined({timeoutMs}),
    }
    this.write(`${JSON.stringify(message)}\n`)
    return {id, nonce}
  }

  /** Sends an invoke and waits for its result. */
  async invoke(invocation: Invocation): Promise<ResultFrame> {
    return this.result(this.send(invocation).nonce)
  }

  async result(nonce: string): Promise<ResultFrame> {
    const frame = await this.waitFor(() => this.framesOf(nonce).find((each) => each.type === 'result'))
    if (frame === undefined) throw new Error(`the host ended without a result; stdout: ${this.text.slice(0, 500)}; stderr: ${this.#stderr}`)
    return frame
  }

  /** The first defined value that `find` gives, looked for after every chunk; undefined once stdout has ended. */
  async waitFor<T>(find: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const found = find()
      if (found !== undefined || this.#isClosed) return found
      await new Promise<void>((resolve) => this.#changed.push(resolve))
    }
  }

  write(text: string): void {
    this.child.stdin?.write(text)
  }

  cancel(id: number, more: {isTimedOut?: boolean} = {}): void {
    this.write(`${JSON.stringify({type: 'cancel', id, ...more})}\n`)
  }

  /** Closes stdin, as the workflow command does when it is done with a host, and waits for the end. */
  async close(): Promise<{code: number | null; signal: NodeJS.Signals | null}> {
    this.child.stdin?.end()
    return this.exited
  }

  /** Ends what is left of the process; for after each test. */
  kill(): void {
    this.child.kill('SIGKILL')
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve()
  }

  #decode(): {frames: {nonce: string; frame: PluginFrame}[]; text: string} {
    const frames: {nonce: string; frame: PluginFrame}[] = []
    let text = ''
    let rest = this.#bytes
    for (;;) {
      const start = rest.indexOf(0x1e)
      if (start === -1) return {frames, text: text + rest.toString()}
      const head = /^([0-9a-f]{32}) (\d+) ([0-9a-f]{8}) /.exec(rest.toString('latin1', start + 1, start + 80))
      const [all = '', nonce = '', length = '0', checksum = ''] = head ?? []
      if (head === null || !this.nonces.includes(nonce)) {
        text += rest.toString('utf8', 0, start + 1)
        rest = rest.subarray(start + 1)
        continue
      }
      const from = start + 1 + all.length
      const payload = rest.subarray(from, from + Number(length))
      if (payload.length < Number(length) || rest.length <= from + Number(length))
        return {frames, text: text + rest.toString('utf8', 0, start)}
      if (crc32(payload) !== parseInt(checksum, 16)) throw new Error('a frame is damaged')
      text += rest.toString('utf8', 0, start)
      frames.push({nonce, frame: JSON.parse(payload.toString()) as PluginFrame})
      rest = rest.subarray(from + Number(length) + 1)
    }
  }
}
