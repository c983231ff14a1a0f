// Peak memory of the command (VmHWM from /proc, so on Linux only). Usage: node bench/memory.mjs

import {spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {runOf, withWorkload} from './workload.mjs'

await withWorkload(async (dir) => {
  const quiet = await peakMiB(runOf(dir, {size: 1, name: 'one task'}))
  report('one task that prints nothing', quiet)
  report('1 000 tasks', await peakMiB(runOf(dir, {size: 1000, name: 'many tasks'})))
  report('10 000 tasks', await peakMiB(runOf(dir, {size: 10_000, name: 'very many tasks'})))
  const flood = `type: core/shell.run, timeout: 5m, inputs: {command: 'head -c 1000000000 /dev/zero | tr "\\0" "x" | fold -w 100', parse: none}`
  const loud = await peakMiB(runOf(dir, {size: 1, task: flood, name: 'flood'}))
  report('one task that prints 1 GB', loud)
  console.log(`  the 1 GB costs ${(loud - quiet).toFixed(0)} MiB`)
})

/** @param {string} what @param {number} mib */
function report(what, mib) {
  console.log(`  ${what.padEnd(32)} ${mib.toFixed(0).padStart(5)} MiB`)
}

/** @param {{command: string[], env: Record<string, string>}} subject */
function peakMiB({command: [program = '', ...args], env}) {
  const child = spawn(program, args, {env: {...process.env, ...env}, stdio: 'ignore'})
  let peak = 0
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0))
    } catch {
      // It has just ended.
    }
  }, 5)
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      clearInterval(timer)
      if (code === 0) resolve(peak / 1024)
      else reject(new Error(`exit code ${code}`))
    })
  })
}
