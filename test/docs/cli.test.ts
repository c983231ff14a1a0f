// docs/cli.md names what the command line has.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {COMMANDS} from '../../src/cli.ts'
import {environmentVariables, helpTopics} from '../../src/cli/help/topics.ts'
import {exitCodeMeanings} from '../../src/lib/errors/exit-code-meanings.ts'
import {waitingExitCode} from '../../src/cli/run-display.ts'
import {errorCodes} from '../../src/lib/errors/error-codes.ts'
import {packageRoot} from '../rig/workflow-command.ts'

const text = readFileSync(path.join(packageRoot, 'docs/cli.md'), 'utf8')

it('every exit code is in the table of exit codes, and no other', () => {
  const [, table = ''] = text.split('## Exit codes')
  const documented = [...table.matchAll(/^\| +(\d+) \|/gm)].map(([, code]) => Number(code))
  expect(documented).toEqual(
    [...new Set([0, waitingExitCode, ...Object.values(errorCodes).map(({exitCode}) => exitCode)])].sort((a, b) => a - b),
  )
})

it('the help topics say what the pages say', () => {
  const [, table = ''] = text.split('## Exit codes')
  const meanings = [...table.matchAll(/^\| +(\d+) \| (.*?) +\|$/gm)].map(([, code = '', meaning]) => [code, meaning])
  expect(Object.fromEntries(meanings)).toEqual(exitCodeMeanings)
  const [, variables = ''] = readFileSync(path.join(packageRoot, 'docs/configuration.md'), 'utf8').split('## Environment variables')
  const documented = [...(variables.split('\n## ')[0] ?? '').matchAll(/^- (`.*?)(?=: )/gm)].map(([, names = '']) =>
    names.replaceAll('`', ''),
  )
  expect(environmentVariables.map(([names]) => names)).toEqual(expect.arrayContaining(documented))
  const [, events = ''] = helpTopics['events']?.text().split('\n\n') ?? []
  const types = [...readFileSync(path.join(packageRoot, 'docs/events.md'), 'utf8').matchAll(/^## (\S+\.\S+|diagnostic)$/gm)].map(
    ([, type]) => type,
  )
  expect(events.split('\n').map((line) => line.split(' ')[0])).toEqual(types)
})

/** Some rows of the table are for several commands. */
function nameOf(id: string): string {
  const words = id.replace(':', ' ')
  if (/^runs (approve|reject)$/.test(words)) return 'runs approve`, `reject'
  if (/^runs (prune|cancel|watch|export|import)$/.test(words)) return words
  return words.replace(/^runs .*/, 'runs list`, `show`, `logs')
}

it.each(Object.entries(COMMANDS))('the command %s is named, with all of its flags', (id, command) => {
  expect(text).toContain(`workflow ${nameOf(id)}`)
  // A class without flags has none at all.
  for (const name of Object.keys({...command.flags})) expect(text).toMatch(new RegExp(`--${name}\\b`))
})
