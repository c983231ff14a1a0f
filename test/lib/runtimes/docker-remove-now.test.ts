import {createServer} from 'node:net'
import path from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {findEndpoint} from '../../../src/lib/runtimes/docker-endpoint.ts'
import {removeContainersNow} from '../../../src/lib/runtimes/docker-remove-now.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const selection = {label: 'dev.autokestra.owner', prefix: '1:'}

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
