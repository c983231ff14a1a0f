// The error that ends a command is printed without what its run knows of secrets.

import {describe, expect, it, vi} from 'vitest'
import {readEnvironment} from '../../src/lib/config/environment.ts'
import {WorkflowError} from '../../src/lib/errors/workflow-error.ts'
import {reportError} from '../../src/cli/report-error.ts'

function printed(error: unknown, options: {isJson: boolean}): string {
  let text = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk)
      return true
    })
  try {
    reportError(error, {...options, environment: readEnvironment({DEBUG: '*'}), mask: (value) => value.replaceAll('hunter2', '***')})
  } finally {
    vi.restoreAllMocks()
  }
  return text
}

describe('reportError', () => {
  it.each([{isJson: false}, {isJson: true}])('masks message, hint, causes and stack: %j', (options) => {
    const errors = [
      new WorkflowError('USAGE', 'it is hunter2', {hint: 'try hunter2', cause: new Error('from hunter2')}),
      new Error('a bug with hunter2', {cause: new Error('from hunter2')}),
      'hunter2',
    ]
    for (const error of errors) {
      const text = printed(error, options)
      expect(text).toContain('***')
      expect(text).not.toContain('hunter2')
    }
  })
})
