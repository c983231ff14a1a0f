// The command line is a contract: every command with its arguments and flags, and every error code with its exit code.

import {expect, it} from 'vitest'
import {COMMANDS} from '../../src/cli.ts'
import {errorCodes} from '../../src/lib/errors/error-codes.ts'
import {describeCommand, howToAccept} from '../rig/contract-text.ts'

it('commands, arguments and flags are those of commands.txt', async () => {
  const text = Object.entries(COMMANDS).map(([id, command]) => `${describeCommand(id, command)}\n`)
  await expect(text.join('\n'), howToAccept('commands.txt')).toMatchFileSnapshot('commands.txt')
})

it('error codes have the exit codes of exit-codes.txt', async () => {
  const text = Object.entries(errorCodes)
    .map(([code, {exitCode}]) => `${String(exitCode).padStart(3)} ${code}\n`)
    .sort()
  await expect(text.join(''), howToAccept('exit-codes.txt')).toMatchFileSnapshot('exit-codes.txt')
})
