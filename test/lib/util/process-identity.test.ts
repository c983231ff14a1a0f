import {expect, test} from 'vitest'
import {identifyProcess, isProcessAlive} from '../../../src/lib/util/process-identity.ts'

test('this process is alive', () => {
  expect(isProcessAlive(identifyProcess())).toBe(true)
})

test('a process that no longer exists is not', () => {
  const {started, ...rest} = identifyProcess()
  expect(isProcessAlive({...rest, pid: 2 ** 22 + 1, ...(started === undefined ? {} : {started})})).toBe(false)
})

test.runIf(process.platform === 'linux')('a later process with the same number is another one', () => {
  expect(isProcessAlive({...identifyProcess(), started: '1'})).toBe(false)
})

test.runIf(process.platform === 'linux')(
  'a process from before the last start of the machine is gone; one in another container is not judged',
  () => {
    const here = identifyProcess()
    expect(isProcessAlive({...here, system: `00000000-0000-0000-0000-000000000000 pid:[1]`})).toBe(false)
    expect(isProcessAlive({...here, started: '1', system: `${String(here.system?.split(' ')[0])} pid:[1]`})).toBe(true)
  },
)

test('a process that may not be signalled is alive, where only its number is known', () => {
  expect(isProcessAlive({pid: 1})).toBe(true)
})
