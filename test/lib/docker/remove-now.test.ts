import {once} from 'node:events'
import {createServer} from 'node:net'
import path from 'node:path'
import {Worker} from 'node:worker_threads'
import {expect, it, onTestFinished} from 'vitest'
import {findEndpoint} from '../../../src/lib/docker/api/endpoint.ts'
import {removeContainersNow} from '../../../src/lib/docker/remove-now.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const selection = {label: 'dev.autokestra.owner', owners: ['1:2'], names: ['autokestra-1-1']}

function timed(engine: string, limitMs: number): number {
  const startedAt = performance.now()
  removeContainersNow(findEndpoint({DOCKER_HOST: engine}), selection, limitMs)
  return performance.now() - startedAt
}

it('waits for an engine that does not answer, but not for ever', async () => {
  const socket = path.join(temporaryDir(), 'engine.sock')
  // While this thread waits, it does not answer either.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => {
    server.close()
  })
  const ms = timed(`unix://${socket}`, 300)
  expect(ms).toBeGreaterThanOrEqual(300)
  expect(ms).toBeLessThan(10_000)
})

it('does not wait for an engine that is gone, or that it cannot ask', () => {
  expect(timed(`unix://${path.join(temporaryDir(), 'nothing.sock')}`, 30_000)).toBeLessThan(20_000)
  expect(timed('ssh://user@nowhere.invalid', 30_000)).toBeLessThan(20_000)
})

it('removes what carries one of the labels, not what another run of the same program has started, and also what the engine was still making, by its name', async () => {
  const socket = path.join(temporaryDir(), 'engine.sock')
  // In a thread of its own: this one is waiting. The container comes into being between the third and the fourth question.
  const engine = new Worker(
    `const {parentPort} = require('node:worker_threads')
    const asked = []
    const containers = [{Id: 'mine', Labels: {'dev.autokestra.owner': '1:2'}}, {Id: 'other', Labels: {'dev.autokestra.owner': '1:3'}}]
    const server = require('node:http').createServer((request, response) => {
      asked.push(request.method + ' ' + request.url.split('?')[0])
      const isMissing = request.url.includes('autokestra-1-1') && asked.filter((each) => each.includes('autokestra-1-1')).length < 4
      response.writeHead(request.method === 'GET' ? 200 : isMissing ? 404 : 204).end(request.method === 'GET' ? JSON.stringify(containers) : '')
    }).listen(${JSON.stringify(socket)}, () => parentPort.postMessage('up'))
    parentPort.on('message', () => { parentPort.postMessage(asked); server.close(); server.closeAllConnections(); parentPort.close() })`,
    {eval: true},
  )
  await once(engine, 'message')
  removeContainersNow(findEndpoint({DOCKER_HOST: `unix://${socket}`}), selection, 30_000)
  engine.postMessage('what was asked?')
  const [asked] = (await once(engine, 'message')) as [string[]]
  expect(asked.filter((each) => each.startsWith('DELETE')).sort()).toEqual([
    ...Array.from({length: 4}, () => 'DELETE /containers/autokestra-1-1'),
    'DELETE /containers/mine',
  ])
})
