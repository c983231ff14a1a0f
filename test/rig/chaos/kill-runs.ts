// Runs one shape, kills it, resumes it, kills that, and so on: how often, and when, is up to the seed.

import {readdirSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {runWorkflow, startWorkflow, type CommandResult, type CommandOptions} from '../workflow-command.ts'
import type {Luck} from '../luck.ts'
import {memoryOf, type ChaosHome, type KilledRun} from './home.ts'
import {endOf, violationsOf} from './laws.ts'

/** An undisturbed run. */
export interface Baseline {
  readonly durationMs: number
  readonly end: unknown
  readonly runs: number
  readonly printed: string
}

export interface Trial {
  readonly kills: number
  readonly violations: readonly string[]
  /** What was done, in order. */
  readonly story: readonly string[]
  /** All that its commands have printed. */
  readonly printed: string
}

type Options = Pick<CommandOptions, 'env'>

const mostKills = 10

export async function runUndisturbed(place: ChaosHome, options: Options = {}): Promise<Baseline> {
  const last = place.runsAfter(0).at(-1)?.number ?? 0
  const startedAt = performance.now()
  const {exitCode, stdout, stderr} = await runWorkflow(runArgs, optionsOf(place, options))
  const durationMs = performance.now() - startedAt
  if (exitCode !== place.shape.exitCode) throw new Error(`the undisturbed run ended with ${String(exitCode)}:\n${stdout}${stderr}`)
  const runs = place.runsAfter(last)
  const [run] = runs
  const violations = violationsOf(
    runs,
    place.effects().filter((effect) => runs.some(({id}) => id === effect.run)),
  )
  if (run === undefined || violations.length > 0) throw new Error(`the undisturbed run: ${violations.join('\n')}`)
  return {durationMs, end: endOf(run), runs: runs.length, printed: stdout + stderr}
}

const runArgs = ['run', 'w.yaml', '--progress', 'plain']

function optionsOf(place: ChaosHome, {env}: Options): CommandOptions {
  return {home: place.home, cwd: place.dir, ...(env !== undefined && {env})}
}

/** One run until its end. */
export async function runKilled(place: ChaosHome, baseline: Baseline, luck: Luck, options: Options = {}): Promise<Trial> {
  const seen = place.runsAfter(0).at(-1)?.number ?? 0
  const seenEffects = place.effects().length
  // One kill most often; sometimes a chain of them.
  const wanted = luck.chance(0.6) ? luck.upTo(2) : luck.upTo(mostKills)
  const isStopped = luck.chance(0.06)
  const story: string[] = []
  const pids = new Set<number>()
  const violations: string[] = []
  let printed = ''
  let kills = 0
  let isLastKilled = false
  // Numbers of processes come again.
  const wasThere = new Set(readdirSync('/dev/shm'))
  for (let turn = 0; ; turn += 1) {
    const [run] = place.runsAfter(seen)
    if (run !== undefined && isOver(run)) break
    if (turn > mostKills + 2) {
      violations.push('it comes to no end')
      break
    }
    const args = run === undefined ? runArgs : resumeArgs(luck, run.id)
    const startedAt = performance.now()
    const running = startWorkflow(args, optionsOf(place, options))
    pids.add(running.pid)
    const isKilled = kills < wanted
    let words = args.slice(0, 3).join(' ')
    if (isKilled) {
      const at = momentOf(baseline.durationMs, luck)
      const stoppedFor = isStopped && luck.chance(0.5) ? luck.upTo(150) : undefined
      await Promise.race([sleep(at), running.ended])
      if (stoppedFor !== undefined) {
        running.kill('SIGINT')
        await Promise.race([sleep(stoppedFor), running.ended])
      }
      running.kill('SIGKILL')
      words += `, killed after ${at.toFixed(0)} ms${stoppedFor === undefined ? '' : ` (and SIGINT, and ${String(stoppedFor)} ms)`}`
    }
    const ended = await running.ended
    isLastKilled = ended.signal !== null
    if (isLastKilled) kills += 1
    printed += ended.stdout + ended.stderr
    story.push(`${words}: ${describe(ended)} in ${(performance.now() - startedAt).toFixed(0)} ms`)
    const expected = [place.shape.exitCode, ...(isStopped ? [0, 130] : [])]
    if (ended.signal === null && !expected.includes(ended.exitCode ?? -1)) {
      violations.push(`${words} ended with ${String(ended.exitCode)}:\n${ended.stdout}${ended.stderr}`)
      break
    }
  }
  const runs = place.runsAfter(seen)
  violations.push(...violationsOf(runs, place.effects(seenEffects)))
  const [run] = runs
  const end = run === undefined ? undefined : endOf(run)
  if (!isStopped) {
    if (JSON.stringify(end) !== JSON.stringify(baseline.end)) violations.push(`it came to ${JSON.stringify(end)}`)
    if (runs.length !== baseline.runs) violations.push(`${String(runs.length)} runs`)
  }
  violations.push(...(await leftOf(place)))
  // The mark of a command that was killed is removed by the next one.
  const memory = memoryOf(pids).filter((name) => !wasThere.has(name))
  if (!isLastKilled) violations.push(...memory)
  return {kills, violations, story, printed}
}

function isOver({status}: KilledRun): boolean {
  return status !== 'running' && status !== 'interrupted'
}

function resumeArgs(luck: Luck, id: string): string[] {
  return ['runs', 'resume', luck.chance(0.5) ? 'latest' : id, '--retry-interrupted', '--progress', 'plain']
}

/** Anywhere in the run, more often while it starts and when it ends. */
function momentOf(durationMs: number, luck: Luck): number {
  if (luck.chance(0.1)) return luck.upTo(100)
  if (luck.chance(0.12)) return Math.max(0, durationMs - 80) + luck.upTo(120)
  return luck.upTo(durationMs)
}

function describe({exitCode, signal}: CommandResult): string {
  return signal ?? `exit ${String(exitCode)}`
}

/** What may not be there when a run is over. */
async function leftOf(place: ChaosHome): Promise<string[]> {
  const deadline = performance.now() + 3000
  let processes = place.processes()
  while (processes.length > 0 && performance.now() < deadline) {
    await sleep(20)
    processes = place.processes()
  }
  const left = [...processes.map((line) => `left: ${line}`), ...place.oddFiles()]
  const integrity = place.integrity()
  return integrity === 'ok' ? left : [...left, `integrity: ${String(integrity)}`]
}
