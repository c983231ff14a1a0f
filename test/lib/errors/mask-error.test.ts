// Nothing that is printed of an error holds a secret: message, hint, findings, stacks and causes, as text and as JSON.

import {describe, expect, it} from 'vitest'
import {maskError} from '../../../src/lib/errors/mask-error.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {errorToJson, renderError} from '../../../src/lib/ui/terminal/error-text.ts'
import {createStyle} from '../../../src/lib/ui/terminal/style.ts'

const secret = 'hunter2-value'
const mask = (text: string): string => text.replaceAll(secret, '***')
const style = createStyle({hasColor: false, hasUnicode: true})

/** All that can be printed of it. */
function printed(error: unknown): string {
  return renderError(error, style, true) + JSON.stringify(errorToJson(error))
}

function deepError(): WorkflowError {
  const root = new TypeError(`root ${secret}`, {cause: `text ${secret}`})
  return new WorkflowError('WORKFLOW_INVALID', `message ${secret}`, {
    hint: `hint ${secret}`,
    diagnostics: [
      {severity: 'error', code: 'x', message: secret, file: `/srv/${secret}`, line: 1, column: 1, sourceLine: `a: ${secret}`, hint: secret},
    ],
    cause: new Error(`middle ${secret}`, {cause: root}),
  })
}

describe('maskError', () => {
  it('leaves no trace of a secret in what is printed', () => {
    expect(printed(deepError()).split(secret).length).toBeGreaterThan(10)
    const masked = maskError(deepError(), mask)
    expect(printed(masked)).not.toContain(secret)
    expect(renderError(masked, style, true)).toContain('caused by: Error: middle ***')
    expect(renderError(masked, style, true)).toContain('caused by: TypeError: root ***')
  })

  it('keeps what an error is: its code, its exit code, its place', () => {
    const masked = errorToJson(maskError(deepError(), mask))
    expect(masked).toMatchObject({
      exitCode: 3,
      error: {
        code: 'WORKFLOW_INVALID',
        message: 'message ***',
        hint: 'hint ***',
        diagnostics: [{line: 1, column: 1, code: 'x', severity: 'error'}],
      },
    })
  })

  it('leaves the original alone', () => {
    const error = deepError()
    maskError(error, mask)
    expect(error.message).toBe(`message ${secret}`)
  })

  it.each<[string, unknown]>([
    ['a bug', new TypeError(`oops ${secret}`)],
    ['text', `thrown ${secret}`],
    ['an object', {toString: () => `odd ${secret}`}],
    ['an error with a getter for its stack', Object.defineProperty(new Error('x'), 'stack', {get: () => `stack ${secret}`})],
  ])('masks %s', (_what, thrown) => {
    expect(printed(maskError(thrown, mask))).not.toContain(secret)
    expect(printed(maskError(thrown, mask))).toContain('internal error')
  })

  it("ends where errors are one another's causes", () => {
    const error = new Error(secret)
    error.cause = new Error('other', {cause: error})
    expect(printed(maskError(error, mask))).not.toContain(secret)
  })
})
