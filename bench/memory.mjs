// Peak memory of the command (VmHWM from /proc, so on Linux only). Usage: node bench/memory.mjs

import {peakMiB} from './peak-memory.mjs'
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
