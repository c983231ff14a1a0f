// A project whose workflows run in real containers, with the built command.

import {chmodSync, mkdirSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {expect, inject, onTestFinished} from 'vitest'
import {imageLabels} from '../../src/lib/images/image-identity.ts'
import {ownerLabel} from '../../src/lib/docker/labels.ts'
import {baseImage, dockerClient, dockerEnv} from './docker.ts'
import {finishedRun, Project, type FinishedRun} from './project.ts'
import {temporaryDir} from './temporary-dir.ts'
import type {CommandResult, RunningCommand} from './workflow-command.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Call it inside a test. */
export class RestrictedProject extends Project {
  constructor(files: Readonly<Record<string, string>> = {}) {
    super({'autokestra.yaml': `plugins: {baseImage: ${baseImage}}\n`, ...files})
  }

  /** A directory for everybody: containers of root's tests run as nobody. */
  share(name: string): string {
    mkdirSync(this.path(name), {recursive: true})
    chmodSync(this.path(name), 0o777)
    return this.path(name)
  }

  /** Builds images of plugins. They are kept: every project with the same files shares them. */
  async build(...plugins: readonly string[]): Promise<void> {
    for (const plugin of plugins) {
      const {exitCode, stderr} = await this.docker(['plugin', 'build', plugin])
      expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    }
  }

  /** Runs the command with the engine of the tests to its end, after which no container of it may be left. */
  async docker(args: readonly string[], env: Env = {}): Promise<CommandResult> {
    const running = this.startDocker(args, env)
    const result = await running.ended
    expect(await containersOf(running.pid), 'containers left behind').toEqual([])
    return result
  }

  startDocker(args: readonly string[], env: Env = {}): RunningCommand {
    return this.start(args, {env: {...dockerEnv(), ...env}})
  }

  /** `workflow run FILE --json`, with the result read. */
  async runRestricted(file: string, args: readonly string[] = [], env: Env = {}): Promise<FinishedRun> {
    return finishedRun(await this.docker(['run', file, '--json', '--progress', 'quiet', ...args], env))
  }

  /** The lines a task has logged in the latest run. */
  async logOf(task: string): Promise<string[]> {
    const events = await this.events()
    return events.flatMap((event) => (event.type === 'task.log' && event.task === task ? [event.message] : []))
  }
}

/** Containers, running or not, that the command with this process id has made. */
export async function containersOf(pid: number): Promise<string[]> {
  const containers = await (await dockerClient()).listContainers({[ownerLabel]: ''})
  return containers.filter(({labels}) => labels[ownerLabel]?.startsWith(`${String(pid)}:`)).map(({id}) => id)
}

/** All that were ever built of a plugin. */
export async function removeImages(plugin: string): Promise<void> {
  const client = await dockerClient()
  for (const {id, tags} of await client.listImages({[imageLabels.plugin]: plugin})) {
    for (const name of tags.length === 0 ? [id] : tags) await client.removeImage(name)
  }
}

/** A socket that everybody may use and that leads to the engine of the tests. Resolves with the DOCKER_HOST for it. */
export async function openEngineFor(everybody: string): Promise<string> {
  const dir = temporaryDir()
  chmodSync(dir, 0o755)
  const file = `${dir}/${everybody}.sock`
  const server = createServer({allowHalfOpen: true}, (client) => {
    const engine = connect({path: inject('docker').socketPath, allowHalfOpen: true})
    client.pipe(engine).pipe(client)
    for (const socket of [client, engine]) socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  onTestFinished(() => {
    server.close()
  })
  chmodSync(file, 0o666)
  return `unix://${file}`
}
