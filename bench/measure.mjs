// Times whole commands in turn (A B C A B C …), so that a machine whose speed drifts slows all of them alike.

import {spawn} from 'node:child_process'

/**
 * @typedef {{name: string, command: string[], cwd?: string, env?: Record<string, string>, before?: () => void, exitCodes?: number[]}} Subject
 * @typedef {{name: string, wallMs: number[], minMs: number, medianMs: number}} Timing
 */

/**
 * Runs one command to its end, its output thrown away.
 * @param {Subject} subject
 * @returns {Promise<number>} wall time in milliseconds
 */
export function timeOnce(subject) {
  subject.before?.()
  const [program, ...args] = subject.command
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {cwd: subject.cwd, env: {...process.env, ...subject.env}, stdio: 'ignore'})
    child.on('error', reject)
    child.on('exit', (code) => {
      if (!(subject.exitCodes ?? [0]).includes(code ?? -1)) reject(new Error(`${subject.name} ended with exit code ${code}`))
      else resolve(performance.now() - startedAt)
    })
  })
}

/**
 * @param {Subject[]} subjects
 * @param {number} rounds
 * @returns {Promise<Timing[]>} in the order of the subjects
 */
export async function timeInTurn(subjects, rounds) {
  const walls = subjects.map(() => /** @type {number[]} */ ([]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) walls[index]?.push(await timeOnce(subject))
  }
  return subjects.map(({name}, index) => {
    const wallMs = (walls[index] ?? []).toSorted((a, b) => a - b)
    return {name, wallMs, minMs: wallMs[0] ?? Number.NaN, medianMs: wallMs[Math.floor(wallMs.length / 2)] ?? Number.NaN}
  })
}

/**
 * Prints a line per subject with its ratio to the last one.
 * @param {string} title
 * @param {Timing[]} timings
 */
export function printRatios(title, timings) {
  const base = timings.at(-1)
  if (base === undefined) return
  console.log(`\n${title}`)
  for (const {name, minMs, medianMs} of timings) {
    const ratio = `${(minMs / base.minMs).toFixed(2)} x min, ${(medianMs / base.medianMs).toFixed(2)} x median`
    console.log(`  ${name.padEnd(28)} min ${minMs.toFixed(0).padStart(7)} ms   median ${medianMs.toFixed(0).padStart(7)} ms   ${ratio}`)
  }
}
