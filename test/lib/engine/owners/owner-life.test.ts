import {hostname} from 'node:os'
import {expect, it} from 'vitest'
import {describeOwner} from '../../../../src/lib/engine/owners/describe-owner.ts'
import {lifeOfOwner} from '../../../../src/lib/engine/owners/owner-life.ts'
import {identifyProcess} from '../../../../src/lib/util/process-identity.ts'

const here = identifyProcess()

it('judges processes of this machine only', () => {
  expect([lifeOfOwner(here), lifeOfOwner({...here, host: hostname()})]).toEqual(['alive', 'alive'])
  expect(lifeOfOwner({...here, pid: 2 ** 22 + 1, host: hostname()})).toBe('gone')
  expect(lifeOfOwner({...here, pid: 2 ** 22 + 1, host: 'another-machine'})).toBe('unknown')
})

it('says where an owner is', () => {
  const name = `process ${String(process.pid)}`
  expect(describeOwner({...here, host: hostname()})).toBe(name)
  expect(describeOwner(here)).toBe(name)
  expect(describeOwner({...here, host: 'another-machine'})).toBe(`${name} on another-machine, which cannot be seen from here`)
  expect(describeOwner({...here, system: '00000000-1', host: hostname()})).toMatch(
    /in a container or before the last start of this machine/,
  )
})
