// Runs are killed at random moments, resumed, and killed again. Afterwards everything was done once, and nothing is left.
// `node scripts/chaos.mjs --kills 2000 --seed 7` does it for longer.

import {cpSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {ChaosHome} from '../rig/chaos/home.ts'
import {runKilled, runUndisturbed, type Baseline} from '../rig/chaos/kill-runs.ts'
import {shapes, type Shape} from '../rig/chaos/shapes.ts'
import {Luck} from '../rig/luck.ts'
import {runWorkflow} from '../rig/workflow-command.ts'

const kills = Number(process.env['CHAOS_KILLS'] ?? 42)
const firstSeed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)
const only = process.env['CHAOS_SHAPE']?.split(',')
/** Where homes are copied to in which something went wrong. */
const kept = process.env['CHAOS_KEEP']
const chosen = Object.entries(shapes).filter(([name]) => only?.includes(name) ?? true)
/** A home grows, and all of it is looked at after each run. */
const killsPerHome = 20
const mostFailures = 5
const canary = 'Zq81vNwRk7/tLx+93uGh'

describe('a run that is killed at random moments and resumed', () => {
  it.each(chosen)('comes to the end of an undisturbed one: %s', {timeout: 0}, async (name, shape) => {
    const wanted = Math.ceil(kills / chosen.length)
    const failures: string[] = []
    let done = 0
    let trials = 0
    let baseline = await undisturbed(shape)
    for (let seed = firstSeed; done < wanted && failures.length < mostFailures;) {
      const place = await prepare(shape)
      const until = Math.min(wanted, done + killsPerHome)
      let printed = ''
      for (let hasFailed = false; done < until && !hasFailed; seed += 1) {
        const {kills: counted, violations, story, printed: more} = await runKilled(place, baseline, new Luck(seed))
        printed += more
        trials += 1
        // A run that ended before its kill counts for nothing, but there is an end to this in any case.
        done += Math.max(counted, 0.05)
        hasFailed = violations.length > 0
        if (hasFailed) failures.push([`CHAOS_SHAPE=${name} CHAOS_SEED=${String(seed)}`, ...violations, ...story].join('\n  '))
        if (hasFailed && kept !== undefined) {
          for (const directory of ['dir', 'home'] as const)
            cpSync(place[directory], path.join(kept, name, String(seed), directory), {recursive: true})
          process.stderr.write(`${failures.at(-1) ?? ''}\n`)
        }
      }
      expectNoLeaks({canary}, place.home, {printed})
      // The machine has become faster or slower in the meantime.
      if (done < wanted) baseline = await undisturbed(shape)
    }
    process.stderr.write(`${name}: ${done.toFixed(0)} kills of ${String(trials)} runs, seeds from ${String(firstSeed)}\n`)
    expect(failures.join('\n')).toBe('')
  })
})

async function prepare(shape: Shape): Promise<ChaosHome> {
  const place = new ChaosHome(shape)
  if (shape.hasSecret) {
    const {exitCode} = await runWorkflow(['secrets', 'set', '--stdin', 'CANARY'], {home: place.home, cwd: place.dir, input: canary})
    expect(exitCode).toBe(0)
  }
  return place
}

/** Its duration is that of a home in which nothing has to be made any more. */
async function undisturbed(shape: Shape): Promise<Baseline> {
  const place = await prepare(shape)
  await runUndisturbed(place)
  return await runUndisturbed(place)
}
