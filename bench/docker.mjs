// What a container costs against `docker run` with the same flags, in turn. Needs a Docker engine and the image of the tests
// (`npx vitest run test/docker/docker-reaper` leaves it in the engine). Usage: node bench/docker.mjs [--rounds N]

import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {build} from 'esbuild'
import {dockerRun} from './docker-run.mjs'
import {printRatios, timeOnce} from './measure.mjs'

const {values: flags} = parseArgs({
  options: {rounds: {type: 'string', default: '15'}, image: {type: 'string', default: 'autokestra-test-base'}},
})
const root = join(import.meta.dirname, '..')
const outfile = join(root, 'node_modules', '.cache', 'bench-docker.mjs')
await mkdir(join(outfile, '..'), {recursive: true})
await build({
  stdin: {
    contents: `
      export {DockerClient} from './src/lib/docker/api/docker-client.ts'
      export {keepHostsFile} from './src/lib/egress/hosts-file.ts'
      export {DockerRuntime} from './src/lib/docker/docker-runtime.ts'
      export {defaultSandboxLimits} from './src/lib/runtimes/sandbox.ts'
      export {containerUser} from './src/lib/docker/container-config.ts'
      export {identifyProcess} from './src/lib/util/process-identity.ts'`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
})
const {DockerClient, DockerRuntime, keepHostsFile, defaultSandboxLimits: limits, containerUser, identifyProcess} = await import(outfile)

const connectedAt = performance.now()
const client = await DockerClient.connect(process.env)
console.log(`client loaded and connected in ${(performance.now() - connectedAt).toFixed(0)} ms`)
const image = await client.inspectImage(flags.image)
if (image === undefined) throw new Error(`there is no image ${flags.image}`)
const runtime = new DockerRuntime({
  client,
  sandbox: {image: image.id, mounts: [], limits, labels: {}},
  owner: identifyProcess(),
  hostsFile: keepHostsFile(join(outfile, '..')),
})
const {uid, gid} = containerUser()
let count = 0

/** @param {string[]} command */
async function start(command, graceMs = 1000) {
  const run = await runtime.start({
    command,
    env: {PATH: '/usr/local/bin:/bin'},
    cwd: '/',
    tag: `bench-${++count}`,
    graceMs,
    stdin: 'none',
  })
  run.stdout.resume()
  run.stderr.resume()
  return run
}

/** @param {string[]} command */
async function ours(command) {
  const startedAt = performance.now()
  await (
    await start(command)
  ).exited
  return performance.now() - startedAt
}

/** @param {string[]} command */
const theirs = (command) => timeOnce(dockerRun({image: image.id, command, limits, user: `${uid}:${gid}`}))

/** @param {string} title @param {[string, () => Promise<number>][]} subjects */
async function compare(title, subjects) {
  const walls = subjects.map(() => /** @type {number[]} */ ([]))
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    for (const [index, [, time]] of subjects.entries()) walls[index]?.push(await time())
  }
  const timings = subjects.map(([name], index) => {
    const wallMs = (walls[index] ?? []).toSorted((a, b) => a - b)
    return {name, wallMs, minMs: wallMs[0] ?? Number.NaN, medianMs: wallMs[Math.floor(wallMs.length / 2)] ?? Number.NaN}
  })
  printRatios(title, timings)
}

for (const command of [['true'], ['node', '-e', '0']]) {
  await compare(`cold container, ${command.join(' ')}: start to removed`, [
    ['DockerRuntime', () => ours(command)],
    ['docker run --rm', () => theirs(command)],
  ])
}

const beyondGrace = []
for (let round = 0; round < Number(flags.rounds); round += 1) {
  const run = await start(['sh', '-c', "trap '' TERM; echo up; while :; do sleep 0.05; done"], 200)
  await new Promise((resolve) => run.stdout.once('data', resolve))
  const startedAt = performance.now()
  await run.kill()
  beyondGrace.push(performance.now() - startedAt - 200)
}
beyondGrace.sort((a, b) => a - b)
console.log(
  `\nkill of a program that ignores SIGTERM: settled and removed ${beyondGrace[0].toFixed(0)} ms (min), ${beyondGrace[beyondGrace.length >> 1].toFixed(0)} ms (median) after the grace time`,
)
await runtime.close()
