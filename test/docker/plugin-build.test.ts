// Images of plugins, built by a real engine, and run.

import {hostReady} from '@autokestra/plugin-sdk/protocol'
import {createServer} from 'node:http'
import {randomBytes} from 'node:crypto'
import {existsSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {expect, inject, it, onTestFinished} from 'vitest'
import {SchemaCompiler} from '../../src/lib/documents/json-schema.ts'
import {PluginExecutor} from '../../src/lib/execution/execute.ts'
import {ProcessTaskRuntimes} from '../../src/lib/execution/process-task-runtimes.ts'
import {findPlugin} from '../../src/lib/plugins/find-plugin.ts'
import type {ImageEngine} from '../../src/lib/runtimes/image-engine.ts'
import {imageLabels} from '../../src/lib/images/image-identity.ts'
import {hostCommand, mainInImage, plainCommand, pluginRoot} from '../../src/lib/images/image-layout.ts'
import type {Plugin} from '../../src/lib/plugins/manifest.ts'
import {PluginImages} from '../../src/lib/images/plugin-images.ts'
import {requireImages} from '../../src/lib/images/require-images.ts'
import {DockerClient} from '../../src/lib/docker/api/docker-client.ts'
import {HostPool} from '../../src/lib/execution/host-pool.ts'
import {baseImage, describeInDocker, dockerClient, dockerEnv, openDockerRuntime} from '../rig/docker.ts'
import {managerOf, writeFiles} from '../rig/plugin-dir.ts'
import {until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {jsonOf, packageRoot, type CommandResult} from '../rig/workflow-command.ts'

interface Fixture {
  readonly project: Project
  /** `namespace/name`, of this test alone. */
  readonly id: string
  /** Runs `workflow plugin …` with the engine of the tests. */
  readonly plugin: (...args: string[]) => Promise<CommandResult>
  readonly write: (files: Readonly<Record<string, string>>) => void
}

const greeting =
  "import {defineAction} from '@autokestra/plugin-sdk'\nexport const act = defineAction({execute: ({name}: {name: string}) => ({text: `Hello, ${name}!`})})\n"

/** A project with one plugin, whose images are gone after the test. */
function fixture(program: string, files: Readonly<Record<string, string>>, action = 'name: act'): Fixture {
  const id = `t${randomBytes(4).toString('hex')}/p`
  const manifest = `namespace: ${id.slice(0, -2)}\nname: p\nversion: 1.0.0\n${program}\nactions: [{${action}}]\n`
  const project = new Project({'autokestra.yaml': `plugins: {baseImage: ${baseImage}}\n`, 'plugins/p/plugin.yaml': manifest})
  const write = (more: Readonly<Record<string, string>>): void => {
    writeFiles(project.path('plugins/p'), more)
  }
  write(files)
  onTestFinished(() => removeImages(id))
  return {project, id, write, plugin: (...args) => project.run(['plugin', ...args], {env: dockerEnv()})}
}

async function removeImages(id: string): Promise<void> {
  const client = await dockerClient()
  for (const image of await client.listImages({[imageLabels.plugin]: id})) {
    for (const name of image.tags.length > 0 ? image.tags : [image.id]) await client.removeImage(name)
  }
  expect(await client.listImages({[imageLabels.plugin]: id})).toEqual([])
}

async function loadPlugin({project, id}: Fixture): Promise<Plugin> {
  return findPlugin(await managerOf([project.path('plugins')], temporaryDir()).list(), id).plugin
}

function openImages(engine: () => Promise<ImageEngine> = dockerClient): PluginImages {
  return new PluginImages({
    openEngine: engine,
    sdkDir: path.join(packageRoot, 'dist/sdk'),
    cacheDir: temporaryDir(),
    programVersion: '1.0.0',
    baseImage,
  })
}

async function requireImage(images: PluginImages, plugin: Plugin): Promise<string> {
  const ids = await requireImages(images, [plugin])
  return ids.get(plugin.id) ?? 'no id'
}

/** Output of a command in a container of the image. */
async function runIn(image: string, command: readonly [string, ...string[]], input = ''): Promise<string> {
  const runtime = await openDockerRuntime({image})
  const running = await runtime.start({command, env: {PATH: '/usr/local/bin:/usr/bin:/bin'}, cwd: '/', tag: 'build-test', graceMs: 2000})
  running.stdin?.end(input)
  const [stdout, stderr, exit] = await Promise.all([text(running.stdout), text(running.stderr), running.exited])
  expect({exitCode: exit.exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  return stdout
}

describeInDocker('workflow plugin build', () => {
  it('makes an image in which a TypeScript plugin runs', async () => {
    const made = fixture('main: src/index.ts', {'src/index.ts': greeting, 'src/unused.ts': 'export {}\n'})
    const {exitCode, stdout, stderr} = await made.plugin('build', 'p')
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    expect(stdout).toMatch(new RegExp(`^autokestra/${made.id.replace('/', '-')}:1\\.0\\.0-[0-9a-f]{12}\\n$`))
    expect(stderr).toContain('=> [1/6] FROM autokestra-test-base ')
    expect(stderr).not.toContain('LABEL')

    const plugin = await loadPlugin(made)
    const image = await requireImage(openImages(), plugin)
    const runtime = await openDockerRuntime({image})
    const env = {PATH: '/usr/local/bin:/usr/bin:/bin'}
    const hosts = new HostPool({runtime, command: hostCommand, env, cwd: pluginRoot, graceMs: 2000, readyMark: hostReady})
    onTestFinished(() => hosts.close())
    const schemas = new SchemaCompiler()
    const taskRuntimes = new ProcessTaskRuntimes({
      runtime,
      hosts,
      baseEnv: env,
      prepareMain: ({manifest}) => Promise.resolve(mainInImage(manifest)),
    })
    const executor = new PluginExecutor({taskRuntimes, compileSchema: (schema) => schemas.compile(schema)})
    const [action] = plugin.manifest.actions
    if (action === undefined) throw new Error('no action')
    const run = {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'k'}
    const result = await executor.execute(
      {plugin, action, inputs: {name: 'you'}, env: {}, workingDir: pluginRoot, timeoutMs: 60_000, timeoutFrom: 'task', context: run},
      {signal: new AbortController().signal, onLog: () => undefined},
    )
    expect(result).toMatchObject({ok: true, output: {text: 'Hello, you!'}})
  })

  it('makes an image in which the command of a plain plugin runs', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': 'cat; echo "$1 $(id -u) $(cat /plugin/data.txt)"\n', 'data.txt': 'data'})
    expect(await made.plugin('build', made.id)).toMatchObject({exitCode: 0})
    const plugin = await loadPlugin(made)
    const image = await requireImage(openImages(), plugin)
    expect(await runIn(image, [...plainCommand(plugin, pluginRoot), 'act'], 'in ')).toMatch(/^in act \d+ data\n$/)
    const details = await (await dockerClient()).inspectImage(image)
    expect(details).toMatchObject({user: '65534:65534', labels: {[imageLabels.plugin]: made.id}})
  })

  it('sends nothing when nothing has changed, and says so as one document', async () => {
    const made = fixture('main: index.ts', {'index.ts': greeting})
    const first = await made.plugin('build', 'p', '--json')
    expect(first).toMatchObject({exitCode: 0, stderr: ''})
    const built = jsonOf(first)
    expect(built).toMatchObject({plugin: made.id, version: '1.0.0', result: 'built', dockerfile: 'generated', warnings: []})
    // Read and written again, with another time: still the same.
    made.write({'index.ts': greeting})
    expect(jsonOf(await made.plugin('build', 'p', '--json'))).toEqual({...(built as object), result: 'unchanged'})
    expect((await made.plugin('build', 'p')).stderr).toBe('nothing has changed since the last build\n')

    await removeImages(made.id)
    const plugin = await loadPlugin(made)
    const client = await dockerClient()
    let builds = 0
    const images = openImages(() =>
      Promise.resolve({
        listImages: (labels) => client.listImages(labels),
        removeImage: (name) => client.removeImage(name),
        build: (context, options) => {
          builds++
          return client.build(context, options)
        },
      }),
    )
    expect((await images.build(plugin)).result).toBe('built')
    expect((await images.build(plugin)).result).toBe('unchanged')
    expect(builds).toBe(1)
    expect((await images.build(plugin, {isCacheUsed: false})).result).toBe('built')
  })

  it('a changed file makes the image stale, until it is built again', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': 'echo 1\n'})
    const images = openImages()
    const plugin = await loadPlugin(made)
    const missing = {code: 'IMAGE_MISSING', exitCode: 5, hint: `workflow plugin build ${made.id}`}
    await expect(requireImage(images, plugin)).rejects.toMatchObject(missing)
    await images.build(plugin)
    expect(await images.find(plugin)).toMatchObject({state: 'current'})
    made.write({'main.sh': 'echo 2\n'})
    expect(await images.find(plugin)).toMatchObject({state: 'stale'})
    await expect(requireImage(images, plugin)).rejects.toMatchObject({...missing, code: 'IMAGE_STALE'})
    const list = jsonOf(await made.plugin('list', '--json')) as {id: string; image?: string}[]
    expect(list.find(({id}) => id === made.id)?.image).toBe('stale')
    expect(list.find(({id}) => id === 'core/shell')?.image).toEqual(expect.any(String))
    await images.build(plugin)
    expect(await runIn(await requireImage(images, plugin), ['sh', '/plugin/main.sh'])).toBe('2\n')
    expect(jsonOf(await made.plugin('inspect', 'p', '--json'))).toMatchObject({image: {state: 'current'}})
  })

  it('uses a Dockerfile of the plugin as it is', async () => {
    const dockerfile = `FROM ${baseImage}\nRUN ["sh", "-c", "echo own > /own.txt"]\nCOPY . /elsewhere\nUSER 1000\n`
    const made = fixture('command: [sh, main.sh]', {'main.sh': '', Dockerfile: dockerfile, 'note.md': '', '.dockerignore': '*.md\n'})
    const {exitCode, stdout} = await made.plugin('build', 'p', '--json')
    expect({exitCode, document: JSON.parse(stdout) as unknown}).toMatchObject({exitCode: 0, document: {dockerfile: 'own'}})
    const image = await requireImage(openImages(), await loadPlugin(made))
    expect(await runIn(image, ['sh', '-c', 'cat /own.txt; ls -A /elsewhere; ls / | grep -c plugin || true'])).toBe(
      'own\n.dockerignore\nDockerfile\nmain.sh\nplugin.yaml\n0\n',
    )
    expect(await made.plugin('build', 'p', '--base-image', 'node:22')).toMatchObject({exitCode: 2})
    expect((await made.plugin('build', 'p', '--print')).stdout).toBe(dockerfile)
  })

  it('has the SDK and the compiled entry point for a Dockerfile of the plugin, too', async () => {
    const made = fixture('main: index.ts', {
      'index.ts': greeting,
      Dockerfile: `FROM ${baseImage}\nCOPY .autokestra/sdk/ /autokestra/\nCOPY . /plugin/\nUSER 1000\n`,
    })
    expect(await made.plugin('build', 'p')).toMatchObject({exitCode: 0})
    const image = await requireImage(openImages(), await loadPlugin(made))
    const list = await runIn(image, ['sh', '-c', 'ls /autokestra/host.js /plugin/index.ts.mjs'])
    expect(list).toBe('/autokestra/host.js\n/plugin/index.ts.mjs\n')
  })

  it('that fails in a step ends with 5 and shows what the step printed', async () => {
    const dockerfile = `FROM ${baseImage}\nRUN ["sh", "-c", "echo compiling; echo oh no >&2; exit 3"]\nUSER 1000\n`
    const made = fixture('command: [sh, main.sh]', {'main.sh': '', Dockerfile: dockerfile})
    const {exitCode, stdout, stderr} = await made.plugin('build', 'p')
    expect({exitCode, stdout}).toEqual({exitCode: 5, stdout: ''})
    expect(stderr).toContain('| compiling\n')
    expect(stderr).toMatch(/\n=> \[2\/3\] RUN .* not done\nerror\[build-step-failed\][^]*error\[BUILD_FAILED\]/)
    const document = jsonOf(await made.plugin('build', 'p', '--json'))
    expect(document).toMatchObject({
      error: {code: 'BUILD_FAILED', diagnostics: [{hint: expect.stringContaining('oh no') as unknown}]},
      exitCode: 5,
    })
    expect(await (await dockerClient()).listImages({[imageLabels.plugin]: made.id})).toEqual([])
  })

  it('without its base image ends with 5 and says how to get one', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': ''})
    const {exitCode, stderr} = await made.plugin('build', 'p', '--base-image', 'localhost:1/nothing/here:1')
    expect({exitCode, stderr}).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('docker pull localhost:1/nothing/here:1') as unknown,
    })
  })

  it('that is interrupted ends at once, in the engine too', {timeout: 120_000}, async () => {
    const label = `dev.autokestra.test-build-${randomBytes(4).toString('hex')}`
    const dockerfile = `FROM ${baseImage}\nLABEL ${label}=yes\nRUN ["sh", "-c", "echo working; sleep 300"]\n`
    const made = fixture('command: [sh, main.sh]', {'main.sh': '', Dockerfile: dockerfile})
    const running = made.project.start(['plugin', 'build', 'p'], {env: dockerEnv()})
    await running.printed('working')
    const client = await dockerClient()
    expect(await client.listContainers({[label]: ''})).toHaveLength(1)
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({exitCode: 130, stdout: ''})
    while ((await client.listContainers({[label]: ''})).length > 0) await until(() => true)
    expect(await client.listImages({[imageLabels.plugin]: made.id})).toEqual([])
    // Steps that were done stay as the engine's cache.
    for (const image of await client.listImages({[label]: ''})) await client.removeImage(image.id)
  })

  it('warns of secrets, and refuses a link out of the directory before Docker is asked', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': '', '.env': 'TOKEN=1'})
    const {exitCode, stderr} = await made.plugin('build', 'p')
    expect({exitCode, stderr}).toMatchObject({exitCode: 0, stderr: expect.stringContaining('.env looks like it holds a secret') as unknown})
    symlinkSync('/etc', made.project.path('plugins/p/etc'))
    const refused = await made.project.run(['plugin', 'build', 'p', '--json'], {env: {DOCKER_HOST: 'unix:///nowhere/docker.sock'}})
    expect(refused.exitCode).toBe(5)
    expect(jsonOf(refused)).toMatchObject({error: {code: 'BUILD_FAILED', diagnostics: [{code: 'link-outside'}]}})
  })

  it('of files that change while they are sent makes no image', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': 'echo 1\n'})
    const client = await dockerClient()
    const engine: ImageEngine = {
      listImages: (labels) => client.listImages(labels),
      removeImage: (name) => client.removeImage(name),
      build: (context, options) => {
        writeFileSync(made.project.path('plugins/p/late.txt'), 'late')
        return client.build(context, options)
      },
    }
    const images = openImages(() => Promise.resolve(engine))
    const plugin = await loadPlugin(made)
    await expect(images.build(plugin)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('changed while') as unknown,
    })
    expect(await client.listImages({[imageLabels.plugin]: made.id})).toEqual([])
  })

  it('of a file that is cut short while it is sent ends, with the reason', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': 'x'.repeat(100_000)})
    const client = await dockerClient()
    const engine: ImageEngine = {
      listImages: (labels) => client.listImages(labels),
      removeImage: (name) => client.removeImage(name),
      build: (context, options) => {
        writeFileSync(made.project.path('plugins/p/main.sh'), 'x')
        return client.build(context, options)
      },
    }
    const plugin = await loadPlugin(made)
    await expect(openImages(() => Promise.resolve(engine)).build(plugin)).rejects.toMatchObject({code: 'BUILD_FAILED'})
  })

  it('of which the connection breaks is a failed build', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': ''})
    const socketPath = path.join(temporaryDir(), 'docker.sock')
    const server = createServer((request, response) => {
      request.resume()
      const {url = ''} = request
      if (url.includes('/version')) response.end(JSON.stringify({ApiVersion: '1.41', MinAPIVersion: '1.12', Version: '20.10'}))
      else if (url.includes('/images/json')) response.end('[]')
      else
        request.on('end', () => {
          response.write('{"stream":"Step 1/4 : FROM x\\n"}\n')
          setImmediate(() => response.destroy())
        })
    })
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    onTestFinished(() => {
      server.close()
    })
    const images = openImages(() => DockerClient.connect({DOCKER_HOST: `unix://${socketPath}`, PATH: process.env['PATH'] ?? ''}))
    const plugin = await loadPlugin(made)
    await expect(images.build(plugin)).rejects.toMatchObject({code: 'BUILD_FAILED'})
  })

  it('with another base image takes the place of the image before', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': ''})
    const plugin = await loadPlugin(made)
    const images = openImages()
    const client = await dockerClient()
    const usual = await images.build(plugin)
    const other = await images.build(plugin, {baseImage: inject('docker').image})
    expect(other.imageId).not.toBe(usual.imageId)
    expect(await images.find(plugin)).toMatchObject({state: 'current', imageId: other.imageId, reference: other.reference})
    expect(await client.listImages({[imageLabels.plugin]: made.id})).toHaveLength(1)
    const back = await images.build(plugin)
    expect(await requireImage(images, plugin)).toBe(back.imageId)
    expect(await client.listImages({[imageLabels.plugin]: made.id})).toHaveLength(1)
  })

  it('is not replaced by the image of another one that bears its labels, as a stage of a build may', async () => {
    const images = openImages()
    const victim = fixture('command: [sh, main.sh]', {'main.sh': 'echo victim'})
    const plugin = await loadPlugin(victim)
    const {imageId, digest} = await images.build(plugin)
    const labels = `${imageLabels.plugin}=${victim.id} ${imageLabels.digest}=${digest}`
    const thief = fixture('command: [sh, main.sh]', {
      'main.sh': 'echo thief',
      Dockerfile: `FROM ${baseImage} AS other\nLABEL ${labels}\nCOPY main.sh /plugin/\nFROM ${baseImage}\nUSER nobody\n`,
    })
    await images.build(await loadPlugin(thief))
    expect((await (await dockerClient()).listImages({[imageLabels.plugin]: victim.id})).length).toBeGreaterThan(1)
    expect(await images.find(plugin)).toMatchObject({state: 'current', imageId})
    for (const {id, tags} of await (await dockerClient()).listImages({[imageLabels.plugin]: victim.id}))
      if (tags.length > 0) await (await dockerClient()).removeImage(id)
    expect(await images.find(plugin)).toMatchObject({state: 'stale'})
  })

  it('gives the image a second name', async () => {
    const made = fixture('command: [sh, main.sh]', {'main.sh': ''})
    const tag = `autokestra-test-tag-${randomBytes(4).toString('hex')}`
    for (const results of [['built'], ['unchanged']]) {
      expect(jsonOf(await made.plugin('build', 'p', '--tag', tag, '--json'))).toMatchObject({result: results[0]})
    }
    expect((await (await dockerClient()).inspectImage(tag))?.labels[imageLabels.plugin]).toBe(made.id)
    expect(await made.plugin('build', 'p', '--tag', 'no name')).toMatchObject({exitCode: 2})
  })
})

it('without Docker the Dockerfile is printed, and building says why it cannot', async () => {
  const made = fixtureWithoutEngine()
  const env = {DOCKER_HOST: 'unix:///nowhere/docker.sock'}
  expect(await made.run(['plugin', 'build', 'p', '--print'], {env})).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('\nCOPY . /plugin/\n') as unknown,
  })
  const built = await made.run(['plugin', 'build', 'p'], {env})
  expect({exitCode: built.exitCode, stderr: built.stderr}).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining('DOCKER_UNAVAILABLE') as unknown,
  })
  expect(await made.run(['plugin', 'list'], {env})).toMatchObject({exitCode: 0, stderr: ''})
  expect(existsSync(made.path('Dockerfile'))).toBe(false)
})

function fixtureWithoutEngine(): Project {
  return new Project({
    'plugins/p/plugin.yaml': 'namespace: test\nname: p\nversion: 1.0.0\ncommand: [sh, main.sh]\nactions: [{name: act}]\n',
    'plugins/p/main.sh': '',
  })
}
