// Runs once before the Docker tests of a run, and only when there are any: the engine, and the image they are made of.

import type {TestProject} from 'vitest/node'
import {makeBaseImage} from './docker-base-image.ts'
import {ensureEngine} from './docker-engine.ts'

/** What the tests get: an engine, or the reason why there is none. */
export interface DockerForTests {
  readonly socketPath: string
  /** Id of the base image. */
  readonly image: string
  readonly problem?: string
}

declare module 'vitest' {
  interface ProvidedContext {
    docker: DockerForTests
  }
}

export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['AUTOKESTRA_TEST_DOCKER'] === 'no') {
    project.provide('docker', {socketPath: '', image: '', problem: 'left out by --no-docker'})
    return undefined
  }
  try {
    const engine = await ensureEngine(process.env)
    project.provide('docker', {socketPath: engine.socketPath, image: await makeBaseImage(engine.socketPath)})
    return () => engine.stop()
  } catch (error) {
    // The tests that need it fail with the reason; the others are none of its business.
    project.provide('docker', {socketPath: '', image: '', problem: error instanceof Error ? error.message : String(error)})
    return undefined
  }
}
