// Of many findings the first are made and the others counted; together they come in the order of the file.

import {describe, expect, it} from 'vitest'
import {
  collectFindings,
  countErrors,
  joinFindings,
  listFindings,
  maxFindings,
  type CheckFinding,
} from '../../../src/lib/documents/findings.ts'
import type {SourceDocument} from '../../../src/lib/documents/source-document.ts'

/** Says the first step of a path as the line. */
const document: SourceDocument = {
  file: 'w.yaml',
  value: {},
  diagnostic: ([line = 0], target, {hint, ...finding}) => ({
    ...finding,
    file: 'w.yaml',
    line: Number(line),
    length: target === 'key' ? 1 : 2,
    ...(hint !== undefined && {hint}),
  }),
}

function* many(count: number, severity: 'error' | 'warning' = 'error', hint?: () => string): Generator<CheckFinding> {
  for (let line = 1; line <= count; line++) yield {at: [line], severity, code: 'bad', message: `number ${String(line)}`, hint}
}

describe('a check', () => {
  it('gives errors about values unless it says otherwise', () => {
    const check: CheckFinding[] = [
      {at: [3], code: 'a', message: 'x'},
      {at: [4], target: 'key', severity: 'warning', code: 'b', message: 'y', hint: 'do z'},
    ]
    expect(collectFindings(document, check)).toEqual({
      diagnostics: [
        {severity: 'error', code: 'a', message: 'x', file: 'w.yaml', line: 3, length: 2},
        {severity: 'warning', code: 'b', message: 'y', file: 'w.yaml', line: 4, length: 1, hint: 'do z'},
      ],
      omitted: {error: 0, warning: 0},
      errorCodes: new Set(['WORKFLOW_INVALID']),
    })
  })

  it('makes its first findings, and counts the others without looking for their hints', () => {
    let asked = 0
    const hint = (): string => String(++asked)
    const {diagnostics, omitted} = collectFindings(document, many(250, 'error', hint))
    expect(diagnostics).toHaveLength(maxFindings)
    expect(omitted).toEqual({error: 150, warning: 0})
    expect(asked).toBe(maxFindings)
  })

  it('counts warnings apart from errors', () => {
    const {diagnostics, omitted, errorCodes} = collectFindings(document, [...many(101, 'warning'), ...many(1)])
    expect([diagnostics.length, omitted, [...errorCodes]]).toEqual([101, {error: 0, warning: 1}, ['WORKFLOW_INVALID']])
  })

  it('gives a finding about one position once, as a value may be used more than once', () => {
    const check: CheckFinding[] = [
      {at: [1], code: 'a', message: 'x'},
      {at: [1], code: 'a', message: 'x'},
      {at: [1], code: 'a', message: 'y'},
    ]
    const withColumns: SourceDocument = {...document, diagnostic: (...asked) => ({...document.diagnostic(...asked), column: 1})}
    expect(collectFindings(withColumns, check).diagnostics.map(({message}) => message)).toEqual(['x', 'y'])
  })

  it('gives the codes of its errors, also of those that are not made', () => {
    const check: CheckFinding[] = [
      {at: [1], code: 'a', message: '', errorCode: 'PERMISSION_REFUSED'},
      {at: [2], code: 'a', message: '', errorCode: 'PLUGIN_NOT_FOUND'},
    ]
    expect([...collectFindings(document, check, 1).errorCodes]).toEqual(['PERMISSION_REFUSED', 'PLUGIN_NOT_FOUND'])
  })
})

describe('a list of findings', () => {
  it('is in the order of the file, then come other files, then the number of those that are not listed', () => {
    const other = {severity: 'error', code: 'o', message: 'elsewhere', file: 'plugin.yaml', line: 1} as const
    const joined = joinFindings([
      {diagnostics: [other], omitted: {error: 3, warning: 0}, errorCodes: new Set(['PLUGIN_INVALID'])},
      collectFindings(document, [...many(2)].reverse()),
    ])
    expect(countErrors(joined)).toBe(6)
    expect(listFindings('w.yaml', joined)).toMatchObject([
      {line: 1, file: 'w.yaml'},
      {line: 2, file: 'w.yaml'},
      other,
      {code: 'more-findings', severity: 'error', message: 'and 3 more errors', count: 3},
    ])
  })

  it('has at most the first of each kind', () => {
    const joined = joinFindings([
      collectFindings(document, many(80)),
      collectFindings(document, many(90)),
      collectFindings(document, many(101, 'warning')),
    ])
    const listed = listFindings('w.yaml', joined)
    expect(listed).toHaveLength(2 * maxFindings + 2)
    expect(listed.slice(-2).map(({message}) => message)).toEqual(['and 70 more errors', 'and 1 more warning'])
  })
})
