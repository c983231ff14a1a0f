// What a step in a container costs in a chain, against `docker run` of the same image: both in turn, in one run. Needs a Docker engine and the image of
// the tests (`npx vitest run test/docker/docker-reaper` leaves it in the engine). Usage: node bench/containers.mjs [--rounds N]

import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {writeFileSync} from 'node:fs'
import {timeInTurn} from './measure.mjs'
import {withWorkload, workflowBin} from './workload.mjs'

const {values: flags} = parseArgs({
  options: {rounds: {type: 'string', default: '7'}, image: {type: 'string', default: 'autokestra-test-base'}},
})
const {image} = flags
const sizes = [1, 11]
const kinds = [
  {name: 'sh', type: 'core/shell.run', inputs: {command: 'true'}, command: ['sh', '-c', 'true']},
  {name: 'python', type: 'core/python.run', inputs: {script: 'return 0'}, command: ['python3', '-c', '0']},
  {name: 'node', type: 'core/node.run', inputs: {script: 'return 0'}, command: ['node', '-e', '0']},
]

await withWorkload(async (dir) => {
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  for (const {name, type, inputs, command} of kinds) {
    const chains = sizes.map((size) => {
      const file = join(dir, `${name}-${size}.yaml`)
      const tasks = Array.from({length: size}, (_, nth) => ({id: `t${nth}`, type, inputs, needs: nth === 0 ? [] : [`t${nth - 1}`]}))
      writeFileSync(file, JSON.stringify({id: 'bench', container: {image, network: 'none'}, tasks}))
      return {
        name: `${name}, ${size} in a chain`,
        command: [process.execPath, workflowBin, 'run', file, '--progress', 'quiet'],
        env: {AUTOKESTRA_HOME: join(dir, 'home')},
      }
    })
    const theirs = {
      name: `docker run --rm, ${name}`,
      command: [
        'docker',
        'run',
        '--rm',
        '--init',
        '--network',
        'none',
        '--user',
        user,
        '-v',
        `${dir}:${dir}`,
        '-w',
        dir,
        image,
        ...command,
      ],
    }
    const [one, chain, alone] = await timeInTurn([...chains, theirs], Number(flags.rounds))
    const [fewest = 0, most = 0] = sizes
    /** @param {'minMs' | 'medianMs'} which */
    const compare = (which) => {
      const step = ((chain?.[which] ?? 0) - (one?.[which] ?? 0)) / (most - fewest)
      const base = alone?.[which] ?? Number.NaN
      return `${(step / base).toFixed(2)} x (${step.toFixed(0)} against ${base.toFixed(0)} ms; a run of one step ${(one?.[which] ?? 0).toFixed(0)} ms)`
    }
    console.log(`${name.padEnd(7)} per step, min    ${compare('minMs')}\n${''.padEnd(7)} per step, median ${compare('medianMs')}`)
  }
})
