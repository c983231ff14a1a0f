import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {resolveInputs, type AskInput, type InputsRequest} from '../../../src/lib/planning/resolve-inputs.ts'
import {readDeclaredInputs} from '../../../src/lib/workflow/inputs/declared-input.ts'
import type {JsonObject} from '../../../src/lib/util/json.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const schemas = new SchemaCompiler()
const declared = readDeclaredInputs({
  date: {type: 'string', format: 'date', description: 'the day', required: true},
  limit: {default: 100, minimum: 1},
  stage: {enum: ['dev', 'prod'], required: true},
  rows: {type: 'array', items: {type: 'object', properties: {n: {type: 'integer'}}}},
})
const given = {date: '2024-05-01', stage: 'dev'}

async function resolve(
  request: InputsRequest | undefined,
  ask: AskInput | string = 'nobody can be asked',
  stdin = '',
): Promise<JsonObject> {
  const sources = {schemas, ask, cwd: '/', readStdin: () => Promise.resolve(stdin)}
  return (await resolveInputs(declared, 'w.yaml', request, sources)).values
}

async function failure(request: InputsRequest, stdin?: string): Promise<WorkflowError> {
  const error: unknown = await resolve(request, undefined, stdin).catch((thrown: unknown) => thrown)
  if (!(error instanceof WorkflowError)) throw error
  return error
}

test('defaults complete what is given; what has no value is null', async () => {
  expect(await resolve({values: given})).toEqual({date: '2024-05-01', limit: 100, stage: 'dev', rows: null})
})

test('--input replaces the file, which replaces values', async () => {
  const file = path.join(temporaryDir(), 'in.yaml')
  writeFileSync(file, 'limit: 2\nstage: prod\nrows: null\n')
  expect(await resolve({values: {...given, limit: 1}, file, assignments: ['limit=3', 'rows=[{"n": 1}]', 'limit=4']})).toEqual({
    date: '2024-05-01',
    limit: 4,
    stage: 'prod',
    rows: [{n: 1}],
  })
})

test('a file from standard input', async () => {
  expect(await resolve({file: '-'}, undefined, '{"date": "2024-05-01", "stage": "dev"}')).toMatchObject(given)
})

test('all that is wrong is reported at once, with positions in the file', async () => {
  const {code, message, diagnostics} = await failure(
    {file: '-', assignments: ['limit=0', 'limt=1', 'word', 'rows={}']},
    'date: today\nrows: [{n: x}]\nlimits: 3\n',
  )
  expect([code, message]).toEqual(['USAGE', 'the inputs of the run have 7 errors'])
  expect(diagnostics.map(({line = 0, message: text, hint}) => `${line} ${text} / ${hint ?? ''}`)).toEqual([
    '3 the workflow has no input "limits" / did you mean "limit"?',
    '0 the workflow has no input "limt" / did you mean "limit"?',
    '0 --input must have the form name=value / for example --input date=…',
    '0 input "rows" must be a list, written as JSON / for example --input rows=\'["a", "b"]\'',
    '1 input "date" must be a valid date / ',
    '2 n must be a whole number, not a string (in the input "rows") / ',
    '0 input "limit" must be at least 1 / ',
  ])
})

test('missing inputs are named together, with the command to type', async () => {
  const {code, message, hint, diagnostics} = await failure({})
  expect([code, message]).toEqual(['USAGE', '2 required inputs have no value, and nobody can be asked'])
  expect(hint).toBe('workflow run w.yaml --input date=YYYY-MM-DD --input stage=dev|prod')
  expect(diagnostics.map((one) => one.message)).toEqual(['the input "date" is required: the day', 'the input "stage" is required'])
})

test('a file that is only checked needs no values', async () => {
  const checked = await resolveInputs(declared, 'w.yaml', undefined, {schemas, ask: '', cwd: '/', readStdin: () => Promise.resolve('')})
  expect(checked.missing).toEqual(['date', 'stage'])
})

test('missing inputs are asked for until the answer fits', async () => {
  const answers = ['tomorrow', '2024-02-30', '2024-02-29', 'test', 'prod']
  const asked: [string, string | undefined][] = []
  const values = await resolve({}, (input, problem) => {
    asked.push([input.name, problem])
    return Promise.resolve(answers.shift() ?? '')
  })
  expect(values).toMatchObject({date: '2024-02-29', stage: 'prod'})
  expect(asked).toEqual([
    ['date', undefined],
    ['date', 'input "date" must be a valid date'],
    ['date', 'input "date" must be a valid date'],
    ['stage', undefined],
    ['stage', 'input "stage" must be one of "dev", "prod"'],
  ])
})

test('an assignment without a name is not shown: it may be a value', async () => {
  const {diagnostics} = await failure({assignments: ['=hunter-of-values']})
  expect(JSON.stringify(diagnostics)).not.toContain('hunter')
})
