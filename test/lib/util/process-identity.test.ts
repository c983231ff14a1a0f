import {spawn} from 'node:child_process'
import {expect, onTestFinished, test} from 'vitest'
import {until} from '../../rig/processes.ts'
import {readStat} from '../../../src/lib/util/proc-stat.ts'
import {identifyProcess, isProcessAlive, lifeOf} from '../../../src/lib/util/process-identity.ts'

test('this process is alive', () => {
  expect(isProcessAlive(identifyProcess())).toBe(true)
})

test('a process that no longer exists is not', () => {
  expect(isProcessAlive({...identifyProcess(), pid: 2 ** 22 + 1})).toBe(false)
})

test.runIf(process.platform === 'linux')('a later process with the same number is another one', () => {
  expect(isProcessAlive({...identifyProcess(), startTime: '1'})).toBe(false)
})

test.runIf(process.platform === 'linux')(
  'a process from before the last start of the machine is gone; one in another container is not judged',
  () => {
    const here = identifyProcess()
    expect(isProcessAlive({...here, system: '00000000-1'})).toBe(false)
    expect(isProcessAlive({...here, startTime: '1', system: `${String(here.system.split('-')[0])}-1`})).toBe(true)
  },
)

test.runIf(process.platform === 'linux')(
  'a process that a signal has stopped is alive, and says so; what cannot be seen is not judged',
  async () => {
    const child = spawn('sleep', ['60'])
    const {pid = 0} = child
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    await until(() => readStat(pid) !== undefined)
    const identity = {pid, startTime: readStat(pid)?.startTime ?? '', system: identifyProcess().system}
    expect(lifeOf(identity)).toBe('alive')
    child.kill('SIGSTOP')
    await until(() => lifeOf(identity) === 'stopped')
    expect(isProcessAlive(identity)).toBe(true)
    child.kill('SIGCONT')
    await until(() => lifeOf(identity) === 'alive')
    expect(lifeOf({...identity, system: '00000000-1'})).toBe('unknown')
    expect(lifeOf({...identity, startTime: '1'})).toBe('gone')
    child.kill('SIGKILL')
    await until(() => lifeOf(identity) === 'gone')
  },
)
