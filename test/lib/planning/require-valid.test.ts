// The one place where findings are added up: what the error says, and that values go on only without one.

import {describe, expect, it} from 'vitest'
import {collectFindings, type CheckFinding, type Checked} from '../../../src/lib/documents/findings.ts'
import type {SourceDocument} from '../../../src/lib/documents/source-document.ts'
import type {ErrorCode} from '../../../src/lib/errors/error-codes.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {requireValid} from '../../../src/lib/planning/require-valid.ts'

const document: SourceDocument = {
  file: 'w.yaml',
  value: {},
  diagnostic: ([line = 0], _target, {severity, code, message}) => ({severity, code, message, file: 'w.yaml', line: Number(line)}),
}

function part<T>(value: T, ...findings: readonly Partial<CheckFinding>[]): Checked<T> {
  return {
    value,
    findings: collectFindings(
      document,
      findings.map((finding) => ({at: [1], code: 'bad', message: 'm', ...finding})),
    ),
  }
}

const error = (...errorCodes: readonly (ErrorCode | undefined)[]): Checked<undefined> =>
  part(undefined, ...errorCodes.map((errorCode) => ({...(errorCode !== undefined && {errorCode})})))

function failure(parts: Readonly<Record<string, Checked<unknown>>>): WorkflowError {
  try {
    requireValid(document, parts)
  } catch (thrown) {
    if (thrown instanceof WorkflowError) return thrown
    throw thrown
  }
  throw new Error('no error')
}

it('without an error the values go on, and the warnings are in the order of the file', () => {
  const {values, warnings} = requireValid(document, {
    a: part(1, {at: [9], severity: 'warning', code: 'late'}),
    b: part('two', {at: [2], severity: 'warning', code: 'early'}),
  })
  expect(values).toEqual({a: 1, b: 'two'})
  expect(warnings.map(({code}) => code)).toEqual(['early', 'late'])
})

it('with an error, all findings of all parts are in it', () => {
  const {message, diagnostics} = failure({a: part(1, {at: [9]}), b: part(2, {at: [3], severity: 'warning'}), c: part(3, {at: [4]})})
  expect(message).toBe('The workflow file "w.yaml" has 2 errors.')
  expect(diagnostics.map(({line}) => line)).toEqual([3, 4, 9])
})

describe('the code of the error', () => {
  it.each<[readonly (ErrorCode | undefined)[], readonly (ErrorCode | undefined)[], ErrorCode]>([
    [[undefined], [], 'WORKFLOW_INVALID'],
    [[], ['PERMISSION_REFUSED', 'PERMISSION_REFUSED'], 'PERMISSION_REFUSED'],
    [['PLUGIN_INVALID'], [], 'PLUGIN_INVALID'],
    [['PLUGIN_INVALID', 'PLUGIN_NOT_FOUND'], [], 'PLUGIN_NOT_FOUND'],
    [['PLUGIN_NOT_FOUND'], ['PERMISSION_REFUSED'], 'WORKFLOW_INVALID'],
    [['PLUGIN_NOT_FOUND'], [undefined], 'WORKFLOW_INVALID'],
  ])('%j and %j: %s', (first, second, expected) => {
    expect(failure({first: error(...first), second: error(...second)}).code).toBe(expected)
  })
})

it('an unknown plugin comes with the hint where plugins are looked for', () => {
  expect(failure({a: part(1, {code: 'unknown-plugin'})}).hint).toContain('autokestra.yaml')
  expect(failure({a: part(1, {})}).hint).toBeUndefined()
})
