// Runs programs side by side, two at a time, and prints the output of each when it has ended: of a failed one all, of a good one a line.

import {spawn} from 'node:child_process'
import {availableParallelism} from 'node:os'

const atOnce = Math.min(2, availableParallelism())

/**
 * @param steps {name, command}: what it is called and the program with its arguments. The slowest come first, so that none runs alone at the end.
 * @returns the names of those that failed
 */
export async function runSteps(steps) {
  const waiting = [...steps]
  const failed = []
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const startedAt = performance.now()
      const {status, output} = await capture(step.command)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      if (status === 0) console.log(`${step.name}: ok (${seconds} s)`)
      else {
        failed.push(step.name)
        console.error(`\n--- ${step.name} failed (${seconds} s)\n${output.trim()}\n`)
      }
    }
  }
  await Promise.all(Array.from({length: atOnce}, work))
  return failed
}

function capture([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']})
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => resolve({status: 1, output: error.message}))
    child.on('close', (code) => resolve({status: code ?? 1, output: Buffer.concat(chunks).toString()}))
  })
}
