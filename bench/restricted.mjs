// What `security: restricted` costs the whole command: against `docker run` with the same flags, against the same run without grants, and per task.
// Needs a Docker engine and the image of the tests (`npx vitest run test/docker/docker-reaper` leaves it there). Usage: node bench/restricted.mjs [--rounds N]

import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {dockerRun} from './docker-run.mjs'
import {printRatios, timeInTurn, timeOnce} from './measure.mjs'
import {runOf, withWorkload, workflowBin} from './workload.mjs'

const {values: flags} = parseArgs({
  options: {rounds: {type: 'string', default: '10'}, image: {type: 'string', default: 'autokestra-test-base'}},
})
const rounds = Number(flags.rounds)
const rule = 'https://api.example.com'
// The defaults of a restricted task, and whom the tasks of root run as.
const limits = {memoryBytes: 256 * 1024 ** 2, cpus: 0.5, pids: 128, tmpBytes: 64 * 1024 ** 2}
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
const user = uid === 0 ? '65534:65534' : `${uid}:${gid}`

await withWorkload(async (dir) => {
  const env = {AUTOKESTRA_HOME: join(dir, 'home')}
  const workflow = (/** @type {string[]} */ ...args) => ({command: [process.execPath, workflowBin, ...args], cwd: dir, env})
  writeFileSync(join(dir, 'autokestra.yaml'), `plugins: {baseImage: ${flags.image}}\n`)
  const plain = join(dir, 'plugins', 'plain')
  mkdirSync(plain)
  writeFileSync(
    join(plain, 'plugin.yaml'),
    'namespace: bench\nname: plain\nversion: 1.0.0\ncommand: [sh, main.sh]\nactions: [{name: nothing}]\n',
  )
  writeFileSync(join(plain, 'main.sh'), 'echo {}\n')
  // The line of the log tells when the action was at work.
  writeFileSync(join(dir, 'plugins', 'fresh', 'index.mjs'), "export const nothing = {execute: (_, {log}) => log.info('at work')}\n")
  const images = ['fresh', 'reused', 'plain'].map((name) => {
    const {command, cwd} = workflow('plugin', 'build', `bench/${name}`)
    return execFileSync(command[0] ?? '', command.slice(1), {cwd, env: {...process.env, ...env}, encoding: 'utf8', stdio: 'pipe'}).trim()
  })
  try {
    await measure(dir, workflow)
  } finally {
    execFileSync('docker', ['rmi', ...images], {stdio: 'ignore'})
  }
})

/**
 * @param {string} dir
 * @param {(...args: string[]) => {command: string[], cwd: string, env: Record<string, string>}} workflow
 */
async function measure(dir, workflow) {
  /** @param {Parameters<typeof runOf>[1] & {rule?: string}} shape */
  const restricted = ({rule, ...shape}) => {
    const subject = runOf(dir, {isChain: true, parallelism: 1, ...shape})
    const file = subject.command[3] ?? ''
    const grant = rule === undefined ? '' : `permissions: {network: ['${rule}']}\n`
    writeFileSync(file, readFileSync(file, 'utf8').replace('\n', `\nsecurity: restricted\n${grant}`))
    return subject
  }
  const one = (/** @type {string} */ name, more = {}) =>
    restricted({size: 1, task: `type: bench/${name}.nothing`, name: `one ${name}`, ...more})
  const theirs = (/** @type {string[]} */ ...command) => dockerRun({image: flags.image, command, limits, user})

  printRatios('a run of one task in sh, the whole command', await timeInTurn([one('plain'), theirs('sh', '-c', 'echo {}')], rounds))
  printRatios('a run of one task of the SDK, the whole command', await timeInTurn([one('fresh'), theirs('node', '-e', '0')], rounds))
  printRatios(
    'the same with a granted address, and without',
    await timeInTurn([one('fresh', {rule, name: 'granted'}), one('fresh')], rounds),
  )

  console.log('\none task after the other')
  for (const [name, size] of /** @type {const} */ ([
    ['plain', 8],
    ['fresh', 8],
    ['reused', 300],
  ])) {
    const many = restricted({size, task: `type: bench/${name}.nothing`, name: `many ${name}`})
    const granted = restricted({size, task: `type: bench/${name}.nothing`, name: `granted ${name}`, rule})
    const [long, longer, short] = await timeInTurn([many, granted, one(name)], 5)
    const perTask = ((long?.minMs ?? 0) - (short?.minMs ?? 0)) / (size - 1)
    const added = ((longer?.minMs ?? 0) - (long?.minMs ?? 0)) / size
    print(`bench/${name}`, `${perTask.toFixed(2)} ms per task; a granted address adds ${added.toFixed(2)} ms`)
  }
  const {toWork, toEnd} = await startedAhead(dir, restricted)
  print('a container started ahead', `${toWork} to work, ${toEnd} to its removal`)

  printRatios(
    'plugin build when nothing has changed',
    await timeInTurn(
      [
        {name: 'plugin build', ...workflow('plugin', 'build', 'bench/fresh')},
        {name: 'version', ...workflow('version')},
      ],
      rounds,
    ),
  )
}

/**
 * A pause before every task, so that its container had the time to start.
 * @param {string} dir
 * @param {(shape: Parameters<typeof runOf>[1]) => import('./measure.mjs').Subject} restricted
 */
async function startedAhead(dir, restricted) {
  const size = 10
  const events = join(dir, 'events.ndjson')
  const subject = restricted({size, task: 'type: bench/fresh.nothing', name: 'ahead'})
  const file = subject.command[3] ?? ''
  const head = readFileSync(file, 'utf8').split('tasks:\n')[0] ?? ''
  const tasks = Array.from({length: size}, (_, index) => [
    `  - {id: p${index}, type: bench/plain.nothing${index === 0 ? '' : `, needs: [t${index - 1}]`}}`,
    `  - {id: q${index}, type: bench/plain.nothing, needs: [p${index}]}`,
    `  - {id: t${index}, type: bench/fresh.nothing, needs: [q${index}]}`,
  ])
  writeFileSync(file, `${head}tasks:\n${tasks.flat().join('\n')}\n`)
  await timeOnce({...subject, command: [...subject.command, '--events', events]})
  const lines = readFileSync(events, 'utf8').trimEnd().split('\n')
  const all = lines.map((line) => JSON.parse(line)).filter(({task = ''}) => task.startsWith('t'))
  const timesOf = (/** @type {string} */ type) => all.filter((event) => event.type === type).map(({ts}) => Date.parse(ts))
  const startedAt = timesOf('task.started')
  const since = (/** @type {string} */ type) => {
    const passed = timesOf(type)
      .map((time, index) => time - (startedAt[index] ?? Number.NaN))
      .toSorted((a, b) => a - b)
    return `${passed[passed.length >> 1]} ms`
  }
  return {toWork: since('task.log'), toEnd: since('task.finished')}
}

/** @param {string} name @param {string} text */
function print(name, text) {
  console.log(`  ${name.padEnd(40)} ${text}`)
}
