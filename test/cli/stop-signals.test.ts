// Stop signals, in a process of its own: they would end this one.

import {expect, it} from 'vitest'
import {bundleScript, runScript} from '../rig/script-process.ts'

/** Work that only ends when it is let go, with what it hears on stdout. */
const script = (options: string): string => `
  import {untilStopped} from 'src/cli/stop-signals.ts'
  const work = ({stop, leave}) => new Promise((resolve) => {
    setInterval(() => undefined, 1000)
    stop.addEventListener('abort', () => console.log('stop ' + stop.reason))
    leave.addEventListener('abort', () => console.log('leave ' + leave.reason))
    process.stdin.once('data', resolve)
    console.log('ready')
  })
  await untilStopped(work, ${options})
  console.log('over ' + process.listenerCount('SIGINT'))
  process.exit(0)
`

it('the first one stops the work, the second one ends the process at once', async () => {
  const {line, kill, exit} = runScript(await bundleScript(script('{}')), [])
  await line('ready')
  kill('SIGTERM')
  expect(await line('stop')).toBe('stop terminated')
  kill('SIGINT')
  expect(await exit).toMatchObject({code: 130})
})

it('with time to leave, the second one lets the work leave, and a third one does not wait for it', async () => {
  const {line, kill, exit} = runScript(await bundleScript(script("{leaveWithinMs: 600_000, killAll: () => console.log('killed')}")), [])
  await line('ready')
  kill('SIGINT')
  expect(await line('stop')).toBe('stop interrupted')
  kill('SIGHUP')
  expect(await line('leave')).toBe('leave terminated')
  kill('SIGINT')
  expect(await line('killed')).toBe('killed')
  expect(await exit).toMatchObject({code: 130})
})

it('with time to leave, the process ends when that is over', async () => {
  const {line, kill, exit} = runScript(await bundleScript(script("{leaveWithinMs: 50, killAll: () => console.log('killed')}")), [])
  await line('ready')
  kill('SIGINT')
  await line('stop')
  kill('SIGTERM')
  expect(await line('killed')).toBe('killed')
  expect(await exit).toMatchObject({code: 143})
})

it('when the work is over, signals are what they were', async () => {
  const {line, stdin, exit} = runScript(await bundleScript(script('{}')), [])
  await line('ready')
  stdin.write('go\n')
  expect(await line('over')).toBe('over 0')
  expect(await exit).toMatchObject({code: 0})
})
