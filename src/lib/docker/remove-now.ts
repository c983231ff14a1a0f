// Removes containers while the program leaves. Its event loop no longer turns, so a thread of its own talks to the engine,
// and is waited for: what is only sent could be lost with the process.

import {Worker} from 'node:worker_threads'
import type {DockerEndpoint} from './api/endpoint.ts'

interface Selection {
  readonly label: string
  /** Values of the label. */
  readonly owners: readonly string[]
  /** Of containers that may come into being: the engine was asked for them, and has not answered. */
  readonly names: readonly string[]
}

/** How long the engine may take for one of these. It may also never have got the question. */
const appearLimitMs = 1500

// Plain JavaScript: Node runs it as it is. Whatever goes wrong, the waiting thread is woken.
const script = `
const {connection, label, owners, names, appearLimitMs, done} = require('node:worker_threads').workerData
const {request} = require(connection.protocol === 'https' ? 'node:https' : 'node:http')
const options = {...connection, protocol: undefined}
const ask = (method, path) => new Promise((resolve, reject) => {
  request({...options, method, path}, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => resolve({text, status: answer.statusCode})).on('error', reject)
  }).on('error', reject).end()
})
const filters = encodeURIComponent(JSON.stringify({label: [label]}))
const wake = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0) }
const remove = (name) => ask('DELETE', '/containers/' + name + '?force=1&v=1')
const removeLabelled = async () => {
  const {text} = await ask('GET', '/containers/json?all=1&filters=' + filters)
  await Promise.allSettled(JSON.parse(text).filter(({Labels}) => owners.includes(Labels[label])).map(({Id}) => remove(Id)))
}
const deadline = Date.now() + appearLimitMs
const removeWhenThere = async (name) => {
  while ((await remove(name)).status === 404 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
}
Promise.allSettled([removeLabelled(), ...names.map(removeWhenThere)]).then(wake)
`

/** Ends and removes containers. Blocks until they are gone, but no longer than the limit. Does nothing where the engine is reached by SSH. */
export function removeContainersNow({connection}: DockerEndpoint, {label, owners, names}: Selection, limitMs: number): void {
  if (connection.protocol === 'ssh') return
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const worker = new Worker(script, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: {connection, label, owners, names, appearLimitMs, done},
  })
  worker.on('error', () => undefined)
  worker.unref()
  Atomics.wait(done, 0, 0, limitMs)
}
