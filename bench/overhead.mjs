// What a task costs besides its own work, and what starting costs besides Node. Usage: node bench/overhead.mjs [--rounds N]

import {spawn} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {printRatios, timeInTurn, timeOnce} from './measure.mjs'
import {runOf, withWorkload, workflowBin} from './workload.mjs'

const {values: flags} = parseArgs({options: {rounds: {type: 'string', default: '15'}}})
const rounds = Number(flags.rounds)

/** @param {string[]} args */
const workflow = (...args) => [process.execPath, workflowBin, ...args]

await withWorkload(async (dir) => {
  const env = {AUTOKESTRA_HOME: join(dir, 'home')}
  const one = runOf(dir, {size: 1, name: 'run, one shell task'})
  await timeOnce(one)
  await timeOnce({name: 'secrets set', command: workflow('secrets', 'set', 'TOKEN', 'a-value-to-list'), cwd: dir, env})
  printRatios(
    'start-up, against Node itself',
    await timeInTurn(
      [
        {name: '--version', command: workflow('--version'), env},
        {name: '--help', command: workflow('--help'), env},
        {name: 'schema', command: workflow('schema'), env},
        {name: 'runs list', command: workflow('runs', 'list'), env},
        {name: 'secrets list', command: workflow('secrets', 'list'), env},
        one,
        {name: 'node -e 0', command: [process.execPath, '-e', '0']},
      ],
      rounds,
    ),
  )

  const crowd = join(dir, 'crowd')
  for (let index = 0; index < 200; index += 1) {
    const plugin = join(crowd, 'plugins', `p${index}`)
    mkdirSync(plugin, {recursive: true})
    writeFileSync(
      join(plugin, 'plugin.yaml'),
      `namespace: crowd\nname: p${index}\nversion: 1.0.0\ncommand: [sh, main.sh]\nactions: [{name: act, input: {type: object, required: [x]}}]\n`,
    )
    writeFileSync(join(plugin, 'main.sh'), 'echo {}\n')
  }
  const crowded = {...runOf(crowd, {size: 1, name: 'run, 200 more plugins'}), env}
  const list = {name: 'plugin list', command: workflow('plugin', 'list'), cwd: dir, env: {...env, DOCKER_HOST: `unix://${dir}/none`}}
  const longList = {...list, name: 'plugin list, 200 more', cwd: crowd}
  await timeOnce(longList)
  await timeOnce(crowded)
  printRatios('plugins to look through', await timeInTurn([longList, list], rounds))
  printRatios('plugins to look through', await timeInTurn([crowded, one], rounds))

  const perTask = async (name, task, size) => {
    const [many, single] = await timeInTurn(
      [runOf(dir, {size, task, parallelism: 1, name: `${name} many`}), runOf(dir, {size: 1, task, parallelism: 1, name: `${name} one`})],
      3,
    )
    console.log(`  ${name.padEnd(40)} ${(((many?.minMs ?? 0) - (single?.minMs ?? 0)) / (size - 1)).toFixed(2)} ms per task`)
  }
  console.log('\none task after the other')
  await perTask('worker: reuse, an action that does nothing', 'type: bench/reused.nothing', 2000)
  await perTask('core/shell.run, true', "type: core/shell.run, inputs: {command: 'true'}", 500)
  console.log(`  ${"bare spawn('sh', ['-c', 'true'])".padEnd(40)} ${(await bareSpawnMs(500)).toFixed(2)} ms each`)

  const events = join(dir, 'events.ndjson')
  const paused = runOf(dir, {size: 20, task: 'type: bench/fresh.nothing', isChain: true, parallelism: 1, name: 'fresh'})
  // A pause before every task, so that its host had the time to start ahead.
  const file = paused.command[3] ?? ''
  const text = readFileSync(file, 'utf8').replaceAll(
    / {2}- \{id: (t\d+), (type: bench\/fresh\.nothing)(?:, needs: \[(t\d+)\])?\}/g,
    (_, id, type, need) =>
      [
        `  - {id: p${id}, type: core/time.sleep, inputs: {duration: 300ms}${need === undefined ? '' : `, needs: [${need}]`}}`,
        `  - {id: ${id}, ${type}, needs: [p${id}]}`,
      ].join('\n'),
  )
  writeFileSync(file, text)
  await timeOnce({...paused, command: [...paused.command, '--events', events]})
  const durations = readFileSync(events, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"task.finished"') && /"task":"t\d+"/.test(line))
    .map((line) => JSON.parse(line).metrics.durationMs)
    .toSorted((a, b) => a - b)
  console.log(
    `  ${'worker: single, host started ahead'.padEnd(40)} min ${durations[0].toFixed(1)} ms, median ${durations[Math.floor(durations.length / 2)].toFixed(1)} ms to the settled result`,
  )
})

/** @param {number} count */
async function bareSpawnMs(count) {
  const startedAt = performance.now()
  for (let index = 0; index < count; index += 1) {
    await new Promise((resolve, reject) => {
      spawn('sh', ['-c', 'true'], {stdio: ['ignore', 'pipe', 'pipe']})
        .on('error', reject)
        .on('close', resolve)
    })
  }
  return (performance.now() - startedAt) / count
}
