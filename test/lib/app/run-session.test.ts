// Runs of one program side by side: real processes, one database, one App.

import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {App} from '../../../src/lib/app/app.ts'
import {RunSession} from '../../../src/lib/app/run-session.ts'
import type {RunOutcome} from '../../../src/lib/engine/loop/run-workflow.ts'
import {expectNoLeaks} from '../../rig/canary.ts'
import {openApp} from '../../rig/open-app.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {isAlive, until} from '../../rig/processes.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const tokens = {ALPHA_TOKEN: 'alpha-0f3d9c71e2', BETA_TOKEN: 'beta-77b1e04a95'}

/** A run that goes on in this process. */
interface Going {
  readonly session: RunSession
  readonly stop: AbortController
  readonly leave: AbortController
  readonly outcome: Promise<RunOutcome>
  readonly eventsFile: string
  /** Of its task, which waits for the file `go`. */
  pid(): number
  letGo(): void
}

/** Starts a run whose task prints its secret, waits, and prints it again with all of its environment. */
async function start(app: App, name: 'alpha' | 'beta'): Promise<Going> {
  const dir = temporaryDir()
  const secret = `${name.toUpperCase()}_TOKEN`
  writeFiles(dir, {
    'autokestra.yaml': `masking: {placeholder: '[${name}]'}\n`,
    'w.yaml': `id: ${name}
secrets: [${secret}]
outputs: {said: '{{ tasks.t.output.stdout }}'}
tasks:
  - id: t
    type: core/shell.run
    env: {TOKEN: '{{ secrets.${secret} }}'}
    inputs: {command: 'echo first $TOKEN; echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done; echo last $TOKEN; env >&2'}
`,
  })
  const project = await app.project({file: path.join(dir, 'w.yaml')})
  const planned = await project.plan({file: path.join(dir, 'w.yaml')})
  const eventsFile = path.join(dir, 'events.ndjson')
  const session = new RunSession(app, project, {progress: 'plain', lines: 'all', events: eventsFile, keepsOutputs: true})
  const stop = new AbortController()
  const leave = new AbortController()
  const outcome = session.run(planned, {stop: stop.signal, leave: leave.signal})
  const pidFile = path.join(dir, 'pid')
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'))
  const letGo = (): void => {
    writeFileSync(path.join(dir, 'go'), '')
  }
  return {session, stop, leave, outcome, eventsFile, letGo, pid: () => Number(readFileSync(pidFile, 'utf8'))}
}

describe('two runs of one program', () => {
  it('never show the secrets of each other, and each hides its own in its own way', async () => {
    const {app, home, shown} = openApp(tokens)
    const [alpha, beta] = await Promise.all([start(app, 'alpha'), start(app, 'beta')])
    // What one knows of secrets, the other does not.
    expect(alpha.session.mask(Object.values(tokens).join(' '))).toBe(`[alpha] ${tokens.BETA_TOKEN}`)
    expect(beta.session.mask(Object.values(tokens).join(' '))).toBe(`${tokens.ALPHA_TOKEN} [beta]`)
    alpha.letGo()
    beta.letGo()
    const outcomes = await Promise.all([alpha.outcome, beta.outcome])
    expect(outcomes.map(({result}) => result.status)).toEqual(['succeeded', 'succeeded'])
    expect(outcomes.map(({result}) => result.outputs)).toEqual([{said: 'first [alpha]\nlast [alpha]'}, {said: 'first [beta]\nlast [beta]'}])
    await Promise.all([alpha.session.close(), beta.session.close()])

    const rows = await app.runs()
    const journal = (session: RunSession): string => [...rows.events(rows.get(session.runId))].map(({line}) => line).join('\n')
    const written = {
      'journal of alpha': journal(alpha.session),
      'events of alpha': readFileSync(alpha.eventsFile, 'utf8'),
      'journal of beta': journal(beta.session),
      'events of beta': readFileSync(beta.eventsFile, 'utf8'),
    }
    for (const [place, text] of Object.entries(written)) {
      const [own, other] = place.endsWith('alpha') ? ['alpha', 'beta'] : ['beta', 'alpha']
      expect(text.split(`last [${own}]`).length, place).toBeGreaterThan(1)
      expect(text, place).not.toContain(`[${other}]`)
    }
    expect(shown()).toContain('first [alpha]')
    expect(shown()).toContain('first [beta]')
    expectNoLeaks(tokens, home, {...written, shown: shown(), outcomes: JSON.stringify(outcomes)})
  })

  it('end each by itself: one that is left at once leaves the other running', async () => {
    const {app} = openApp(tokens)
    const [alpha, beta] = await Promise.all([start(app, 'alpha'), start(app, 'beta')])
    alpha.leave.abort('interrupted')
    expect(await alpha.outcome).toMatchObject({stopCause: 'interrupted'})
    await alpha.session.close()
    expect(isAlive(alpha.pid())).toBe(false)
    expect(isAlive(beta.pid())).toBe(true)
    beta.letGo()
    expect((await beta.outcome).result).toMatchObject({status: 'succeeded', outputs: {said: 'first [beta]\nlast [beta]'}})
  })

  it('are all ended by killAll, before it returns', async () => {
    const {app} = openApp(tokens)
    const both = await Promise.all([start(app, 'alpha'), start(app, 'beta')])
    app.killAll()
    await until(() => both.every(({pid}) => !isAlive(pid())))
    const outcomes = await Promise.all(both.map(({outcome}) => outcome))
    expect(outcomes.map(({result}) => result.status)).toEqual(['failed', 'failed'])
  })
})

it('a run that is left before its processes can be started starts none', async () => {
  const {app} = openApp()
  const dir = temporaryDir()
  writeFiles(dir, {'w.yaml': "id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: 'touch started'}}\n"})
  const project = await app.project({file: path.join(dir, 'w.yaml')})
  const session = new RunSession(app, project, {progress: 'quiet', lines: 'none', keepsOutputs: true})
  session.kill()
  const {signal} = new AbortController()
  const outcome = await session.run(await project.plan({file: path.join(dir, 'w.yaml')}), {stop: signal, leave: signal})
  expect(outcome.result.status).toBe('failed')
  expect(existsSync(path.join(dir, 'started'))).toBe(false)
})

it('text that belongs to no run is masked for all that go on, and for none that is closed', async () => {
  const {app} = openApp(tokens)
  const alpha = await start(app, 'alpha')
  const text = `${tokens.ALPHA_TOKEN} ${tokens.BETA_TOKEN}`
  expect(app.mask(text)).toBe(`[alpha] ${tokens.BETA_TOKEN}`)
  alpha.letGo()
  await alpha.outcome
  expect(app.mask(text)).toBe(`[alpha] ${tokens.BETA_TOKEN}`)
  await alpha.session.close()
  expect(app.mask(text)).toBe(text)
})
