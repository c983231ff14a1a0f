import {expect, test} from 'vitest'
import {identifyProcess, isProcessAlive} from '../../../src/lib/util/process-identity.ts'

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
