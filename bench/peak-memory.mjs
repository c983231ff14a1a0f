// Peak memory of a command: VmHWM from /proc, so on Linux only.

import {spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'

/** Runs it to its end. @param {{command: string[], env: Record<string, string>}} subject */
export function peakMiB({command: [program = '', ...args], env}) {
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
