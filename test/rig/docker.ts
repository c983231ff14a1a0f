// For tests in real containers: the engine, the image, and a look at what is left in it.

import {beforeAll, describe, inject, onTestFinished, type SuiteFactory} from 'vitest'
import {DockerClient} from '../../src/lib/docker/api/docker-client.ts'
import {containerUser} from '../../src/lib/docker/container-config.ts'
import {DockerRuntime} from '../../src/lib/docker/docker-runtime.ts'
import {StepRuntime} from '../../src/lib/docker/steps/step-runtime.ts'
import {defaultSandboxLimits, type Sandbox} from '../../src/lib/runtimes/sandbox.ts'
import {keepHostsFile} from '../../src/lib/egress/hosts-file.ts'
import type {StartSpec} from '../../src/lib/runtimes/runtime.ts'
import type {StepContainer} from '../../src/lib/runtimes/step-container.ts'
import {identifyProcess} from '../../src/lib/util/process-identity.ts'
import {baseImage} from './docker-base-image.ts'
import {temporaryDir} from './temporary-dir.ts'

export {baseImage}

/** A suite that needs an engine. Without one it fails with the reason; `npm test -- --no-docker` skips it. */
export function describeInDocker(name: string, tests: SuiteFactory): void {
  describe.skipIf(process.env['AUTOKESTRA_TEST_DOCKER'] === 'no')(name, () => {
    beforeAll(() => {
      const {problem} = inject('docker')
      if (problem !== undefined) throw new Error(problem)
    })
    ;(tests as () => void)()
  })
}

/** Environment by which a command finds the engine of the tests. */
export function dockerEnv(): {readonly DOCKER_HOST: string; readonly PATH: string} {
  return {DOCKER_HOST: `unix://${inject('docker').socketPath}`, PATH: process.env['PATH'] ?? '/usr/bin:/bin'}
}

let client: Promise<DockerClient> | undefined

/** The same one for all tests of a file. */
export function dockerClient(): Promise<DockerClient> {
  client ??= DockerClient.connect(dockerEnv())
  return client
}

/** A sandbox of the base image with nothing granted. */
export function sandbox(more: Partial<Sandbox> = {}): Sandbox {
  return {image: inject('docker').image, mounts: [], limits: defaultSandboxLimits, labels: {'dev.autokestra.test': 'yes'}, ...more}
}

/** A runtime as runs have it, closed after the test. */
export async function openDockerRuntime(
  more: Partial<Sandbox> = {},
  options: Partial<ConstructorParameters<typeof DockerRuntime>[0]> = {},
): Promise<DockerRuntime> {
  const runtime = new DockerRuntime({
    client: await dockerClient(),
    sandbox: sandbox(more),
    owner: identifyProcess(),
    hostsFile: keepHostsFile(temporaryDir()),
    ...options,
  })
  onTestFinished(() => runtime.close())
  return runtime
}

/** The container of steps of the base image, with nothing mounted. Its runtime is closed after the test. */
export async function openStepRuntime(more: Partial<StepContainer> = {}): Promise<StepRuntime> {
  const {uid, gid} = containerUser()
  const runtime = new StepRuntime({
    client: await dockerClient(),
    owner: identifyProcess(),
    hostsFile: keepHostsFile(temporaryDir()),
    step: {
      image: inject('docker').image,
      imageName: baseImage,
      mounts: [],
      network: 'none',
      user: `${String(uid)}:${String(gid)}`,
      limits: {},
      labels: {'dev.autokestra.test': 'yes'},
      ...more,
    },
  })
  onTestFinished(() => runtime.close())
  return runtime
}

let tags = 0

/** A POSIX shell script in a container. */
export function containerShell(script: string, more: Partial<StartSpec> = {}): StartSpec {
  return {
    command: ['sh', '-c', script],
    env: {PATH: '/usr/local/bin:/usr/bin:/bin'},
    cwd: '/',
    tag: `test-${++tags}`,
    graceMs: 3000,
    ...more,
  }
}
