// Every decision says when it was made and whether it still holds, in one form.

import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {packageRoot} from '../rig/workflow-command.ts'

const directory = path.join(packageRoot, 'docs', 'decisions')
const names = readdirSync(directory).sort()

it('no two decisions have the same number', () => {
  const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1] ?? name)
  expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([])
})

it.each(names)('%s begins with its number, a title, a date and a status', (name) => {
  const text = readFileSync(path.join(directory, name), 'utf8')
  const [, number, date = '', status = ''] = /^# (\d+)\. \S.*\n\n- Date: (\d{4}-\d\d-\d\d)\n- Status: (.+)\n\n/.exec(text) ?? []
  expect(Number(number), text.slice(0, 200)).toBe(Number(name.slice(0, 4)))
  expect(new Date(date).toISOString().slice(0, 10)).toBe(date)
  const successor = /^superseded by \[\d+\]\((.*)\)$/.exec(status)?.[1]
  if (successor === undefined) expect(status).toBe('accepted')
  else expect(existsSync(path.join(directory, successor)), status).toBe(true)
})
