// Removes containers while the program leaves. Its event loop does not turn any more, so a thread of its own talks to the engine,
// and is waited for: what is only sent could be lost with the process.

import {Worker} from 'node:worker_threads'
import type {DockerEndpoint} from './docker-endpoint.ts'

interface Selection {
  readonly label: string
  /** What the label's value begins with. */
  readonly prefix: string
}

// Plain JavaScript: Node runs it as it is. Whatever goes wrong, whoever waits is woken.
const script = `
const {connection, label, prefix, done} = require('node:worker_threads').workerData
const {request} = require(connection.protocol === 'https' ? 'node:https' : 'node:http')
const options = {...connection, protocol: undefined}
const ask = (method, path) => new Promise((resolve, reject) => {
  request({...options, method, path}, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => resolve(text)).on('error', reject)
  }).on('error', reject).end()
})
const filters = encodeURIComponent(JSON.stringify({label: [label]}))
const wake = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0) }
ask('GET', '/containers/json?all=1&filters=' + filters)
  .then((text) => Promise.allSettled(JSON.parse(text)
    .filter(({Labels}) => Labels[label].startsWith(prefix))
    .map(({Id}) => ask('DELETE', '/containers/' + Id + '?force=1&v=1'))))
  .then(wake, wake)
`

/** Ends and removes containers. Blocks until they are gone, but no longer than the limit. Does nothing where the engine is reached by SSH. */
export function removeContainersNow({connection}: DockerEndpoint, {label, prefix}: Selection, limitMs: number): void {
  if (connection.protocol === 'ssh') return
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const worker = new Worker(script, {eval: true, env: {}, execArgv: [], workerData: {connection, label, prefix, done}})
  worker.on('error', () => undefined)
  worker.unref()
  Atomics.wait(done, 0, 0, limitMs)
}
