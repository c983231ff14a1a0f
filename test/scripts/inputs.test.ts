// `inputs` of a workflow, from the command line to the journal.

import {describe, expect, it} from 'vitest'
import {parseEvents, Project} from '../rig/project.ts'
import {Terminal} from '../rig/terminal.ts'

const report = `id: report
inputs:
  date: {type: string, format: date, description: the day to report, required: true}
  limit: {default: 100, minimum: 1}
  stage: {enum: [dev, prod], required: true}
  note: {}
env: {LIMIT: '{{ inputs.limit }}'}
tasks:
  - id: show
    type: core/shell.run
    if: '{{ inputs.limit > 1 }}'
    env: {DAY: '{{ inputs.date }}', STAGE: '{{ inputs.stage }}', NOTE: '{{ inputs.note ?? "none" }}'}
    inputs: {command: 'echo "$DAY $LIMIT $STAGE $NOTE"'}
outputs: {text: '{{ tasks.show.output.stdout }}', limit: '{{ inputs.limit }}'}
`

describe('a run with inputs', () => {
  it('keeps them with the run, and shows them', async () => {
    const project = new Project({'w.yaml': report, 'in.json': '{"date": "2024-05-01", "limit": 5}'})
    const {result} = await project.runJson('w.yaml', ['--input-file', 'in.json', '-i', 'limit=7', '--input', 'stage=prod'])
    const inputs = {date: '2024-05-01', limit: 7, stage: 'prod', note: null}
    expect(result).toMatchObject({inputs, outputs: {text: '2024-05-01 7 prod none', limit: 7}})
    expect(await project.json(['runs', 'show', 'latest'])).toMatchObject({inputs})
    const {stdout} = await project.run(['runs', 'show', 'latest'])
    expect(stdout).toMatch(/input {5}date = 2024-05-01\n/)
    const events = parseEvents((await project.run(['runs', 'show', 'latest', '--events'])).stdout)
    expect(events.find(({type}) => type === 'run.started')).toMatchObject({inputs})
  })

  it('says everything that is missing, and starts nothing', async () => {
    const project = new Project({'w.yaml': report})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('error[missing-input]: the input "date" is required: the day to report\n  --input date=YYYY-MM-DD')
    expect(stderr).toContain('2 required inputs have no value, and there is no terminal to ask on')
    expect(stderr).toContain('run w.yaml --input date=YYYY-MM-DD --input stage=dev|prod')
    expect((await project.run(['runs', 'list', '--json'])).stdout).not.toContain('report')
  })

  it('is checked without values, and planned with them', async () => {
    const project = new Project({'w.yaml': report})
    expect(await project.run(['validate', 'w.yaml'])).toMatchObject({exitCode: 0, stdout: 'w.yaml: valid\n'})
    expect((await project.run(['run', 'w.yaml', '--dry-run'])).exitCode).toBe(2)
    const {stdout} = await project.run(['run', 'w.yaml', '--dry-run', '--json', '-i', 'date=2024-05-01', '-i', 'stage=dev'])
    expect(JSON.parse(stdout)).toMatchObject({inputs: {date: '2024-05-01', limit: 100, stage: 'dev', note: null}})
  })

  it('refuses a workflow and inputs that are both standard input', async () => {
    const {exitCode, stderr} = await new Project().run(['run', '-', '--input-file', '-'], {input: report})
    expect(exitCode).toBe(2)
    expect(stderr).toContain('cannot both be read from standard input')
  })

  it('hides a value that is also one of a secret, in every event and in the database', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
inputs: {text: hello, list: {type: array}}
tasks:
  - {id: a, type: core/shell.run, env: {K: '{{ secrets.KEY }}', T: '{{ inputs.text }}'}, inputs: {command: 'echo "$T"'}}
outputs: {text: '{{ inputs.text }}', list: '{{ inputs.list }}'}
`,
    })
    const value = 'Qm9vb3VydmFsdWU3'
    const env = {KEY: value}
    const {stdout} = await project.run(['run', 'w.yaml', '--json', '-i', `text=${value}`, '-i', `list=["${value}"]`], {env})
    expect(JSON.parse(stdout)).toMatchObject({inputs: {text: '***SECRET***', list: ['***SECRET***']}})
    const shown = await project.run(['runs', 'show', 'latest', '--events'])
    expect(shown.stdout).toContain('***SECRET***')
    expect(stdout + shown.stdout + (await project.run(['runs', 'show', 'latest'])).stdout).not.toContain(value)
  })

  it('data stays data', async () => {
    const project = new Project({'w.yaml': report})
    const hostile = `"; touch hacked; $(touch hacked) \`touch hacked\` '\n{{ secrets.X }}`
    const {result} = await project.runJson('w.yaml', ['-i', 'date=2024-05-01', '-i', 'stage=dev', '-i', `note=${hostile}`])
    expect(result.outputs).toMatchObject({text: `2024-05-01 100 dev ${hostile}`})
    expect(project.has('hacked')).toBe(false)
  })
})

describe('on a terminal', () => {
  it('asks for what is missing, and again when the answer does not fit', async () => {
    const project = new Project({'w.yaml': report})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--quiet'])
    await terminal.shows('the day to report')
    terminal.press('today', 'Enter')
    await terminal.shows('must be a valid date')
    terminal.press('2024-05-01', 'Enter')
    await terminal.shows('2) prod')
    terminal.press('2', 'Enter')
    await terminal.shows('2024-05-01 100 prod none')
  })

  it('Ctrl-C ends it, and nothing has happened', async () => {
    const project = new Project({'w.yaml': report})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('date (date):')
    terminal.press('C-c')
    await terminal.shows('(ended with 130)')
    expect((await project.run(['runs', 'list', '--json'])).stdout).not.toContain('report')
  })

  it('--no-input and CI ask nothing', async () => {
    const project = new Project({'w.yaml': report})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--no-input'])
    await terminal.shows('questions are disabled because of --no-input')
    const other = new Terminal(project, ['run', 'w.yaml'], {env: {CI: '1'}})
    await other.shows('questions are disabled because CI is set')
  })
})
