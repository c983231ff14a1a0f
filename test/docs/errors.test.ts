import {expect, it} from 'vitest'
import {errorCodes} from '../../src/lib/errors/error-codes.ts'
import {taskErrorCodes} from '../../src/lib/errors/task-error-codes.ts'

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`

function errorsPage(): string {
  return [
    '# Errors',
    '',
    'Every error has a stable code. The exit code of the process gives the kind of error, the code the exact error. With `--json` both are in the document: `{"error": {"code", "message", "hint", "diagnostics"}, "exitCode"}`.',
    '',
    '## Errors that end a command',
    '',
    row('code', 'exit', 'meaning'),
    row('---', '---:', '---'),
    ...Object.entries(errorCodes)
      .sort(([, a], [, b]) => a.exitCode - b.exitCode)
      .map(([code, {exitCode, meaning}]) => row(`\`${code}\``, String(exitCode), meaning)),
    '',
    '## Why a task failed',
    '',
    'These codes are in `task.finished` and `task.retrying` events, in `runs show` and in `tasks.<id>.error`. A failed task makes the run fail (exit 1), unless it has `continueOnError: true`. An action can also fail with its own code.',
    '',
    row('code', 'meaning'),
    row('---', '---'),
    ...Object.entries(taskErrorCodes).map(([code, meaning]) => row(`\`${code}\``, meaning)),
    '',
  ].join('\n')
}

it('lists every error code in docs/errors.md (after a change: npx vitest run test/docs/errors.test.ts --update)', async () => {
  await expect(errorsPage()).toMatchFileSnapshot('../../docs/errors.md')
})
