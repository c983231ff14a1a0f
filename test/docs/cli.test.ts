// docs/cli.md names what the command line has.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {COMMANDS} from '../../src/cli.ts'
import {errorCodes} from '../../src/lib/errors/error-codes.ts'
import {packageRoot} from '../rig/workflow-command.ts'

const text = readFileSync(path.join(packageRoot, 'docs/cli.md'), 'utf8')

it('every exit code is in the table of exit codes, and no other', () => {
  const [, table = ''] = text.split('## Exit codes')
  const documented = [...table.matchAll(/^\| +(\d+) \|/gm)].map(([, code]) => Number(code))
  expect(documented).toEqual([...new Set([0, ...Object.values(errorCodes).map(({exitCode}) => exitCode)])].sort((a, b) => a - b))
})

it.each(Object.entries(COMMANDS))('the command %s is named, with all of its flags', (id, command) => {
  // One row of the table is for three commands.
  expect(text).toContain(`workflow ${id.replace(':', ' ').replace(/^runs .*/, 'runs list`, `show`, `logs')}`)
  const {flags = {}}: {readonly flags?: object} = id === 'help' ? {} : command
  for (const name of Object.keys(flags)) expect(text).toMatch(new RegExp(`--${name}\\b`))
})
