import {expect, it} from 'vitest'
import {openOnce} from '../../../src/lib/app/open-once.ts'

it('opens at the first call, also when several are made before it is open', async () => {
  let opened = 0
  const open = openOnce(() => Promise.resolve({number: ++opened}))
  expect(opened).toBe(0)
  const [first, second] = await Promise.all([open(), open()])
  expect(first).toBe(second)
  expect(await open()).toEqual({number: 1})
})

it('tries again after a failure', async () => {
  let calls = 0
  const open = openOnce(() => (++calls === 1 ? Promise.reject(new Error('not there yet')) : Promise.resolve('open')))
  await expect(Promise.all([open(), open()])).rejects.toThrow('not there yet')
  expect(await open()).toBe('open')
  expect(calls).toBe(2)
})
