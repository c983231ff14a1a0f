import {expect, test} from 'vitest'
import {parseDocument} from '../../../src/lib/documents/read-document.ts'
import {checkCases, type NamesOfWorkflow} from '../../../src/lib/testing/check-cases.ts'
import type {TestCase} from '../../../src/lib/testing/test-file.ts'
import {readDraft} from '../../../src/lib/workflow/draft.ts'

const workflow = `id: w
tasks:
  - {id: fetch, type: a/b.c}
  - {id: score, type: a/b.c, forEach: {items: [1]}}
hooks: {finally: [{id: tidy, type: a/b.c}]}
`

async function findings(...cases: TestCase[]): Promise<string[]> {
  const {tasks} = readDraft(await parseDocument(workflow, 'w.yaml'))
  const names: NamesOfWorkflow = {tasks, inputs: ['target'], vars: ['count'], secrets: ['TOKEN'], outputs: ['result']}
  return [...checkCases({cases}, names)].map(({at, code, hint}) => {
    const text = typeof hint === 'function' ? hint() : hint
    return `${at.join('.')} ${code}${text === undefined ? '' : ` (${text})`}`
  })
}

test('knows tasks, hooks and items', async () => {
  const tasks = {fetch: {}, score: [{}], 'score[3]': {}, tidy: {error: {code: 'X'}}}
  expect(await findings({name: 'a', tasks, expect: {tasks: {tidy: 'failed', 'score[3]': 'succeeded'}, failed: ['tidy']}})).toEqual([])
})

test('names that the workflow does not have are findings, with the nearest one', async () => {
  expect(
    await findings({
      name: 'a',
      inputs: {targt: 1},
      vars: {x: 1},
      secrets: {TOKN: 'v'},
      select: {tasks: ['fetch', 'tidy']},
      tasks: {fech: {}, 'fetch[1]': {}, 'scores[1]': {}},
      expect: {tasks: {fetsh: 'failed'}, outputs: {resul: 1}, failed: ['nothing']},
    }),
  ).toEqual([
    'cases.0.inputs.targt unknown-input (did you mean "target"?)',
    'cases.0.vars.x unknown-var (it has: count)',
    'cases.0.secrets.TOKN unknown-secret (did you mean "TOKEN"?)',
    'cases.0.select.tasks.1 unknown-task (it has: fetch, score)',
    'cases.0.tasks.fech unknown-task (did you mean "fetch"?)',
    'cases.0.tasks.fetch[1] no-items (write fetch)',
    'cases.0.tasks.scores[1] unknown-task (did you mean "score"?)',
    'cases.0.expect.tasks.fetsh unknown-task (did you mean "fetch"?)',
    'cases.0.expect.outputs.resul unknown-output (did you mean "result"?)',
    'cases.0.expect.failed.0 unknown-task (it has: fetch, score, tidy)',
  ])
})

test('two cases of one name, two results of one attempt, files outside of the directory', async () => {
  const both = {output: null, error: {code: 'X'}}
  expect(await findings({name: 'a'}, {name: 'a', tasks: {fetch: both, score: [{}, both], tidy: {files: {'../x': ''}}}})).toEqual([
    'cases.1.name duplicate-case',
    'cases.1.tasks.fetch.error two-results',
    'cases.1.tasks.score.1.error two-results',
    'cases.1.tasks.tidy.files.../x bad-file-name (write a relative path, such as data/rows.json)',
  ])
})
