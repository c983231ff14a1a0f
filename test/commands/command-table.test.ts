import {readdirSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {COMMANDS} from '../../src/cli.ts'
import {packageRoot} from '../rig/workflow-command.ts'

const own = Object.entries(COMMANDS)

it('every file in src/commands is a command, with topics and verb as its id', () => {
  const files = readdirSync(path.join(packageRoot, 'src', 'commands'), {recursive: true, encoding: 'utf8'}).filter((file) =>
    file.endsWith('.ts'),
  )
  const ids = files.map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ':'))
  expect(own.map(([id]) => id).sort()).toEqual(ids.sort())
})

it.each(own)('%s has a summary of one sentence, and examples', (_id, command) => {
  expect(command.summary).toMatch(/^[A-Z].*\.$/)
  expect(command.examples).toEqual(expect.arrayContaining([expect.any(String)]))
})
