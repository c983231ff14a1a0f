// The program `node host.js`: started ahead with nothing known, it waits on stdin for the task it becomes the process of. protocol.ts is its contract.

import {Buffer} from 'node:buffer'
import process from 'node:process'
import {Readable} from 'node:stream'
import {openEgress} from './host/egress.ts'
import {createLineReader} from './host/message-lines.ts'
import {PluginHost} from './host/plugin-host.ts'
import {redirectConsole} from './host/redirect-console.ts'
import {installResolution, needsLoader, registerLoader} from './host/resolve-sdk.ts'
import {toResultError} from './host/result-error.ts'
import {writeFully} from './host/write-fully.ts'
import {hostReady, type HostMessage} from './protocol.ts'

const stdout = 1
const stderr = 2
// An idle host has time for the loader thread; one whose task is already waiting starts it only if the plugin needs it.
const idleBeforeLoaderMs = 10

const exit = process.exit.bind(process)
const kill = process.kill.bind(process)
const {pid} = process
const {parse} = JSON

const host = new PluginHost(openEgress(process.env))
const {stdin} = process
let hasTask = false

const complain = (text: string): void => {
  try {
    writeFully(stderr, Buffer.from(`${text}\n`))
  } catch {
    // stderr has no reader left, and there is nowhere else to report it.
  }
}

const receive = (line: string): void => {
  let message: HostMessage
  try {
    message = parse(line) as HostMessage
  } catch {
    complain('plugin host: a line on stdin is not JSON; only the workflow command starts this program')
    exit(1)
    return
  }
  if (message.type === 'cancel') host.cancel(message)
  else {
    hasTask = true
    void host.invoke(message)
  }
}

// The end of stdin means that the workflow command has let go of this host, or, while an action runs, that it died:
// then everything the action has started goes too, as far as it is still in the group that this process leads.
const leave = (): void => {
  if (!host.isBusy) exit()
  try {
    if (pid !== 1) kill(-pid, 'SIGKILL')
  } catch {
    // No group of its own: this process is all there is to end.
  }
  exit(1)
}

process.on('uncaughtException', (error) => {
  try {
    if (host.outlives(error)) return
    if (!host.fail(error)) complain(toResultError(error).stack ?? String(error))
  } catch {
    // stdout is gone; so is the reader of the result.
  }
  exit(1)
})

redirectConsole((level, message) => {
  host.log(level, message)
})
installResolution()
stdin.on('data', createLineReader(receive))
stdin.on('end', leave)
stdin.on('error', leave)
// Plugin code that reads stdin gets its end at once, never a message of the protocol.
Object.defineProperty(process, 'stdin', {configurable: true, enumerable: true, value: Readable.from([])})

try {
  writeFully(stdout, Buffer.from(hostReady))
} catch {
  // The parent is gone; the end of stdin says so too.
}

if (needsLoader) {
  setTimeout(() => {
    if (!hasTask) registerLoader()
  }, idleBeforeLoaderMs).unref()
}
