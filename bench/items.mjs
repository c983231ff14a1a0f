// What an item of `forEach` costs, and whether that grows with their number. Usage: node bench/items.mjs [rounds]

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {timeInTurn} from './measure.mjs'
import {peakMiB} from './peak-memory.mjs'
import {withWorkload, workflowBin} from './workload.mjs'

const rounds = Number(process.argv[2] ?? 3)

await withWorkload(async (dir) => {
  /** @param {string} name @param {string} items @param {string} [more] */
  const run = (name, items, more = '') => {
    const file = join(dir, `${name.replaceAll(/\W+/g, '-')}.yaml`)
    const task = `{id: each, type: core/shell.run, ${items}, env: {N: '{{ index }}'}, inputs: {command: 'true'}}`
    writeFileSync(file, `id: bench\nparallelism: 2\ntasks:\n  - ${task}\n${more}`)
    const command = [process.execPath, workflowBin, 'run', file, '--progress', 'quiet']
    return {name, command, env: {AUTOKESTRA_HOME: join(dir, 'home')}}
  }
  const outputs = `outputs: {count: '{{ tasks.each.output.size() }}'}\n`
  const forEach = `forEach: {items: '{{ vars.list }}', key: 'k{{ item }}'}`
  /** @param {number} size */
  const list = (size) =>
    run(`${size} items`, forEach, `vars: {list: [${Array.from({length: size}, (_, index) => index).join(', ')}]}\n${outputs}`)
  const digits = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
  const none = list(0)
  const sizes = [100, 1000, 10_000]
  const subjects = [none, ...sizes.map(list)]
  const [empty, ...timings] = await timeInTurn(subjects, rounds)
  const perItem = timings.map(({minMs}, nth) => (minMs - (empty?.minMs ?? 0)) / (sizes[nth] ?? 1))
  for (const [nth, {name, minMs}] of timings.entries()) {
    const ratio = ((perItem[nth] ?? 0) / (perItem[0] ?? 1)).toFixed(2)
    console.log(
      `  ${name.padEnd(24)} min ${minMs.toFixed(0).padStart(7)} ms   ${(perItem[nth] ?? 0).toFixed(2)} ms per item   ${ratio} x that of 100`,
    )
  }
  const matrix = run('matrix of 1 000', `matrix: {a: ${digits}, b: ${digits}, c: ${digits}}`)
  const [cube] = await timeInTurn([matrix], rounds)
  console.log(`  ${'matrix of 1 000'.padEnd(24)} min ${(cube?.minMs ?? 0).toFixed(0).padStart(7)} ms`)
  for (const subject of [none, ...subjects.slice(-1)])
    console.log(`  ${subject.name.padEnd(24)} peak ${(await peakMiB(subject)).toFixed(0).padStart(6)} MiB`)
})
