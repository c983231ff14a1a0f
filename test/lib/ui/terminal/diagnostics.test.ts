import {describe, expect, test} from 'vitest'
import type {Diagnostic} from '../../../../src/lib/errors/diagnostic.ts'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {countSuffix, describeFile, renderDiagnostics} from '../../../../src/lib/ui/terminal/diagnostics.ts'
import {errorToJson, renderError} from '../../../../src/lib/ui/terminal/error-text.ts'
import {createStyle} from '../../../../src/lib/ui/terminal/style.ts'

const plain = createStyle({hasColor: false, hasUnicode: true})
const finding: Diagnostic = {
  severity: 'error',
  code: 'unknown-property',
  message: 'unknown property "timout" in task "fetch"',
  file: 'demo.yaml',
  line: 5,
  column: 3,
  length: 6,
  sourceLine: '  timout: 5s',
  hint: 'did you mean "timeout"?',
}

describe('renderDiagnostics', () => {
  test('looks like a compiler', () => {
    expect(renderDiagnostics([finding], 'text', plain)).toBe(
      [
        'error[unknown-property]: unknown property "timout" in task "fetch"',
        '  --> demo.yaml:5:3',
        '  5 |   timout: 5s',
        '    |   ^^^^^^ did you mean "timeout"?',
        '',
      ].join('\n'),
    )
  })

  test('keeps the marks under wide characters and tabs, and inside the line', () => {
    const text = renderDiagnostics([{...finding, line: 12, sourceLine: '\tn: 日本x', column: 5, length: 99, hint: ''}], 'text', plain)
    expect(text.split('\n').slice(2)).toEqual(['  12 |   n: 日本x', '     |      ^^^^^ ', ''])
  })

  test('cuts a long line around the finding', () => {
    const text = renderDiagnostics(
      [{...finding, sourceLine: `${'a'.repeat(5000)}X${'b'.repeat(5000)}`, column: 5001, length: 1}],
      'text',
      plain,
    )
    const [, , source, marks] = text.split('\n')
    expect(source?.length).toBeLessThan(120)
    expect(source?.[marks?.indexOf('^') ?? 0]).toBe('X')
  })

  test('shows what has no place without a frame, sorts by place, and separates by an empty line', () => {
    const whole: Diagnostic = {severity: 'warning', code: 'empty', message: 'no tasks', file: '-', hint: 'add one'}
    const earlier = {...finding, line: 2, code: 'first'}
    expect(
      renderDiagnostics([finding, earlier, whole], 'text', plain)
        .split('\n')
        .filter((line) => line.includes('[') || line === '' || line.includes('-->')),
    ).toEqual([
      'error[first]: unknown property "timout" in task "fetch"',
      '  --> demo.yaml:2:3',
      '',
      'error[unknown-property]: unknown property "timout" in task "fetch"',
      '  --> demo.yaml:5:3',
      '',
      'warning[empty]: no tasks',
      '  --> <stdin>',
      '',
    ])
  })

  test('lets no text of the document reach the terminal as a command', () => {
    const text = renderDiagnostics(
      [{...finding, message: 'bad \u001b]0;x\u0007 value\nerror[fake]: no', sourceLine: 'a\u001b[2Jb\r', column: 1, length: 9}],
      'text',
      plain,
    )
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\r')
    expect(text).toContain('\n  error[fake]')
  })

  test('writes annotations for GitHub, escaped', () => {
    expect(renderDiagnostics([{...finding, message: '50%\n::error::fake', file: 'a,b:c.yaml'}], 'github', plain)).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=5,col=3,endColumn=9,title=unknown-property::50%25%0A::error::fake (did you mean "timeout"?)\n',
    )
  })

  test('writes one JSON document', () => {
    expect(JSON.parse(renderDiagnostics([finding], 'json', plain))).toEqual([finding])
    expect(JSON.parse(renderDiagnostics([], 'json', plain))).toEqual([])
  })

  test('counts', () => {
    const three = [finding, finding, {...finding, severity: 'warning'}] as const
    expect(countSuffix('it is wrong', three)).toBe(' (2 errors and 1 warning)')
    expect(countSuffix('it has 2 errors.', three)).toBe(' (1 warning)')
    expect(countSuffix('it has 2 errors.', [finding, finding])).toBe('')
    expect(countSuffix('it is wrong', [finding])).toBe('')
    expect(describeFile('a.yaml', undefined, [])).toBe('a.yaml: valid\n')
    expect(describeFile('a.yaml', 'it is wrong', [finding])).toBe('a.yaml: it is wrong\n')
    expect(describeFile('a.yaml', 'it is wrong', [finding, finding])).toBe('a.yaml: it is wrong (2 errors)\n')
    expect(describeFile('a.yaml', 'it is empty', [])).toBe('a.yaml: it is empty\n')
  })
})

describe('errors', () => {
  const error = new WorkflowError('WORKFLOW_INVALID', 'demo.yaml is not a valid workflow', {
    hint: 'workflow schema',
    diagnostics: [finding, finding],
  })

  test('are shown with their findings, their code and what to do', () => {
    const text = renderError(error, plain)
    expect(text).toContain('  --> demo.yaml:5:3')
    expect(text.endsWith('\n\nerror[WORKFLOW_INVALID]: demo.yaml is not a valid workflow (2 errors)\nhint: workflow schema\n')).toBe(true)
    expect(text).not.toContain('at ')
  })

  test('are one JSON document with their exit code', () => {
    expect(errorToJson(error)).toEqual({
      error: {
        code: 'WORKFLOW_INVALID',
        message: 'demo.yaml is not a valid workflow',
        hint: 'workflow schema',
        diagnostics: [finding, finding],
      },
      exitCode: 3,
    })
  })

  test('that are bugs say so, with a stack only when it was asked for', () => {
    const bug = new TypeError('x is not a function', {cause: new Error('deeper')})
    expect(renderError(bug, plain)).toBe(
      'error[INTERNAL]: internal error: x is not a function\nhint: this is a bug: please report it, with the output of the same command with --debug\n',
    )
    expect(renderError(bug, plain, true)).toMatch(/TypeError: x is not a function\n\s+at [^]*caused by: Error: deeper/)
    expect(errorToJson('thrown text')).toMatchObject({
      error: {code: 'INTERNAL', message: 'internal error: thrown text', hint: expect.any(String) as string},
      exitCode: 70,
    })
  })
})
