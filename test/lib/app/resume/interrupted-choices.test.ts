// What becomes of interrupted tasks, by what a user says of them.

import {describe, expect, it} from 'vitest'
import {chooseNext, needsChoice, noChoices, requireKnown, type ResumeChoices} from '../../../../src/lib/app/resume/interrupted-choices.ts'

const once = {attempt: 1, isRepeatable: false}
const interrupted = [
  {task: 'a', ...once},
  {task: 'each[x]', ...once},
  {task: 'each[y]', ...once},
  {task: 'safe', attempt: 2, isRepeatable: true},
]

function chosen(choices: Partial<ResumeChoices>, prefix = ''): Record<string, string> {
  const {next, open} = chooseNext(interrupted, {...noChoices, ...choices}, prefix)
  return {...Object.fromEntries(next), ...Object.fromEntries(open.map(({task}) => [task, '?']))}
}

describe('chooseNext', () => {
  it.each<[string, Partial<ResumeChoices>, Record<string, string>]>([
    ['nothing is said', {}, {a: '?', 'each[x]': '?', 'each[y]': '?', safe: 'again'}],
    ['all run again', {retriesInterrupted: true}, {a: 'again', 'each[x]': 'again', 'each[y]': 'again', safe: 'again'}],
    [
      'one is said to be something else',
      {retriesInterrupted: true, skip: ['safe'], fail: ['a']},
      {a: 'fail', 'each[x]': 'again', 'each[y]': 'again', safe: 'skip'},
    ],
    ['a task stands for its items', {retry: ['each']}, {a: '?', 'each[x]': 'again', 'each[y]': 'again', safe: 'again'}],
    [
      'an item is more exact than its task',
      {retry: ['each'], fail: ['each[y]']},
      {a: '?', 'each[x]': 'again', 'each[y]': 'fail', safe: 'again'},
    ],
  ])('when %s', (_when, choices, expected) => {
    expect(chosen(choices)).toEqual(expected)
  })

  it('reads names of a child run with the task that has made it', () => {
    expect(chosen({retry: ['a', 'run/each[x]'], skip: ['run/a']}, 'run/')).toEqual({
      a: 'skip',
      'each[x]': 'again',
      'each[y]': '?',
      safe: 'again',
    })
  })
})

describe('requireKnown', () => {
  const known = [...interrupted.map(({task}) => ({prefix: '', task})), {prefix: 'run[a/b]/', task: 'inner[c]/d]'}]

  it.each(['a', 'each', 'each[y]', 'safe', 'run[a/b]/inner', 'run[a/b]/inner[c]/d]'])('accepts %s', (name) => {
    expect(() => requireKnown('r', {...noChoices, retry: [name]}, known)).not.toThrow()
  })

  it('says what was running, and what may be meant', () => {
    expect(() => requireKnown('r', {...noChoices, skip: ['eachh']}, known)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'task "eachh" of run r was not interrupted: running were: a, each[x], each[y], safe, run[a/b]/inner[c]/d]',
        hint: 'did you mean "each"?',
      }),
    )
    expect(() => requireKnown('r', {...noChoices, skip: ['x']}, [])).toThrow('no task was running when its process died')
  })
})

it('a message about thousands of tasks lists the first', () => {
  const open = Array.from({length: 5000}, (_, nth) => ({prefix: '', task: `t[${String(nth)}]`, attempt: 1}))
  const {message, diagnostics} = needsChoice('r', open)
  expect(message).toContain('5000 tasks of run r were running')
  expect(diagnostics).toHaveLength(21)
  expect(diagnostics.at(-1)?.message).toBe('and 4980 more')
  expect(diagnostics[0]?.message).toContain("--retry 't[0]' runs it again")
})
