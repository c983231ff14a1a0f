import {expect, test} from 'vitest'
import {overrideVars} from '../../../src/lib/workflow/override-vars.ts'

const declared = {text: 'a', n: 1, list: [1], map: {a: 1}, yes: true, nothing: null}

test.each<[string, unknown]>([
  ['text=99999999999999999999', '99999999999999999999'],
  ['n=9007199254740992', 2 ** 53],
  ['n=-1.5e3', -1500],
  ['list=[1, "99999999999999999999 \\" 99999999999999999999"]', [1, '99999999999999999999 " 99999999999999999999']],
  ['map={"b": 2}', {b: 2}],
  ['yes=false', false],
  ['nothing=99999999999999999999', '99999999999999999999'],
  ['nothing=5', 5],
  ['nothing=word', 'word'],
])('--var %s', (assignment, value) => {
  const name = assignment.slice(0, assignment.indexOf('='))
  expect(overrideVars(declared, [assignment])).toEqual({...declared, [name]: value})
})

test.each([
  ['n=99999999999999999999', /^--var n: the number is too large to keep all its digits$/],
  ['list=[1, {"a": -9007199254740993}]', /^--var list: the number is too large/],
  ['nothing=[9007199254740993]', /^--var nothing: the number is too large/],
  ['n=x', /^--var n: must be a number/],
  ['m=1', /declares no var "m"/],
  ['text', /must have the form name=value/],
])('--var %s is refused', (assignment, message) => {
  expect(() => overrideVars(declared, [assignment])).toThrow(message)
})
