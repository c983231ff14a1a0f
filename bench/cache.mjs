// What a task with a cache costs when its result is known, and a look at a large tree. Usage: node bench/cache.mjs [--rounds N]

import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {timeInTurn, timeOnce} from './measure.mjs'
import {withWorkload, workflowBin} from './workload.mjs'

const {values: flags} = parseArgs({options: {rounds: {type: 'string', default: '7'}}})
const rounds = Number(flags.rounds)

await withWorkload(async (dir) => {
  const env = {AUTOKESTRA_HOME: join(dir, 'home')}
  const write = (name, text) => {
    const file = join(dir, name)
    mkdirSync(join(file, '..'), {recursive: true})
    writeFileSync(file, text)
  }
  /** @param {number} size tasks, one after the other */
  const chain = (size, cache, name) => {
    const tasks = Array.from({length: size}, (_, nth) => {
      const needs = nth === 0 ? '' : `, needs: [t${nth - 1}]`
      return `  - {id: t${nth}, type: core/shell.run${needs}, inputs: {command: echo ${nth}}${cache === '' ? '' : `, cache: ${cache}`}}\n`
    })
    write(`${name}.yaml`, `id: ${name}\ntasks:\n${tasks.join('')}`)
    return {name, command: [process.execPath, workflowBin, 'run', `${name}.yaml`, '-q'], cwd: dir, env}
  }
  for (let nth = 0; nth < 100; nth += 1) write(`src/${nth}.txt`, `${nth}\n`)
  for (let nth = 0; nth < 10_000; nth += 1) write(`tree/${nth % 100}/${nth}.txt`, `${nth}\n`)

  const size = 500
  const cases = [
    ['a chain, run', ''],
    ['a chain, cached', '{}'],
    ['a chain, cached, 100 files each', '{files: [src]}'],
  ]
  for (const [label, cache] of cases) {
    const many = chain(size, cache, `many${cases.findIndex(([one]) => one === label)}`)
    const one = chain(1, cache, `one${cases.findIndex(([one_]) => one_ === label)}`)
    for (const command of [many, one, many, one]) await timeOnce(command)
    const [manyTimes, oneTimes] = await timeInTurn([many, one], rounds)
    const perTask = ((manyTimes?.minMs ?? 0) - (oneTimes?.minMs ?? 0)) / (size - 1)
    console.log(`  ${label.padEnd(40)} ${perTask.toFixed(2)} ms per task`)
  }
  const tree = chain(1, '{files: [tree]}', 'tree')
  const none = chain(1, '{}', 'none')
  const first = await timeOnce(tree)
  await timeOnce(tree)
  await timeOnce(none)
  const [treeTimes, noneTimes] = await timeInTurn([tree, none], rounds)
  const known = (treeTimes?.minMs ?? 0) - (noneTimes?.minMs ?? 0)
  console.log(`  ${'10 000 files, unchanged'.padEnd(40)} ${known.toFixed(0)} ms`)
  console.log(`  ${'10 000 files, for the first time'.padEnd(40)} ${first.toFixed(0)} ms with the run`)
})
