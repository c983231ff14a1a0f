// Every example, as it stands in examples/, in a copy of that directory.

import {createHmac} from 'node:crypto'
import {cpSync, readdirSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {Project} from '../rig/project.ts'
import {packageRoot} from '../rig/workflow-command.ts'

const examples = path.join(packageRoot, 'examples')

function openExamples(): Project {
  const project = new Project()
  cpSync(examples, project.dir, {recursive: true, filter: (source) => path.relative(examples, source) !== 'out'})
  return project
}

/** Serves one JSON document and remembers what was asked. */
async function serveItems(): Promise<{base: string; asked: string[]}> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.accept ?? ''}`)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({items: [{name: 'pear'}, {name: 'Öl "1"'}, {name: ''}]}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return {base: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked}
}

/** A port where nobody answers: one that the system has just given out and taken back. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('the examples', () => {
  it('are all run by this file', () => {
    const names = readdirSync(examples).filter((name) => name.endsWith('.yaml'))
    expect(names).toEqual([
      '01-hello.yaml',
      '02-parallel.yaml',
      '03-when-things-fail.yaml',
      '04-http.yaml',
      '05-weather-report.yaml',
      '06-python-plugin.yaml',
      '07-shell-plugin.yaml',
      '08-secrets.yaml',
      // By test/docker/examples.test.ts.
      '09-restricted.yaml',
      '10-release.yaml',
      '11-items.yaml',
      '12-wait-and-tell.test.yaml',
      '12-wait-and-tell.yaml',
      '13-deploy-region.yaml',
      '13-deploy.yaml',
      '14-inputs.yaml',
      '14-site.yaml',
      // By test/docker/examples.test.ts.
      '15-container.yaml',
      '17-build-what-changed.yaml',
    ])
  })

  it('are valid, all in one go', async () => {
    const project = openExamples()
    const names = readdirSync(project.dir).filter((name) => name.endsWith('.yaml'))
    const {exitCode, stdout, stderr} = await project.run(['validate', ...names])
    expect({exitCode, stderr, stdout}).toEqual({exitCode: 0, stderr: '', stdout: names.map((name) => `${name}: valid\n`).join('')})
  })

  it('14-inputs needs a day, and computes with it', async () => {
    const project = openExamples()
    expect((await project.run(['run', '14-inputs.yaml'])).exitCode).toBe(2)
    const {result, task} = await project.runJson('14-inputs.yaml', ['-i', 'day=2024-03-01', '-i', 'style=long'])
    expect(result.outputs).toMatchObject({pages: [['Bern', 'Oslo'], ['Rome']]})
    expect(JSON.stringify(task('plan').output)).toContain('Report of Friday 1 March 2024, compared with 2024-02-29')
    expect(task('details').status).toBe('succeeded')
  })

  it('10-release tries the browser twice and packs last', async () => {
    const {exitCode, task, result} = await openExamples().runJson('10-release.yaml')
    expect(exitCode).toBe(0)
    expect(task('browser')).toMatchObject({status: 'succeeded', attempts: 2})
    expect(result).toMatchObject({outputs: {package: 'app-1.4.0.tgz'}})
  })

  it('17-build-what-changed builds once, and again what lacks something', async () => {
    const project = openExamples()
    const first = await project.runJson('17-build-what-changed.yaml')
    expect(first.result).toMatchObject({status: 'succeeded', outputs: {page: 'Weather: 1462 lines'}})
    const {run} = first.result
    const second = await project.runJson('17-build-what-changed.yaml')
    expect(second.result.tasks.map(({cache}) => cache)).toEqual([
      {isHit: true, run},
      {isHit: true, run},
    ])
    expect(second.result.outputs).toEqual(first.result.outputs)
    project.write({'data/seattle-weather.csv': `${project.read('data/seattle-weather.csv')}one more\n`})
    const third = await project.runJson('17-build-what-changed.yaml')
    expect(third.result.tasks.map(({cache}) => cache)).toEqual([
      {isHit: false, reasons: ['file data/seattle-weather.csv changed']},
      {isHit: false, reasons: ['env LINES changed']},
    ])
    expect(project.read('out/page.txt')).toBe('Weather: 1463 lines\n')
  })

  it('11-items runs a task for each city, and for each combination of region and tier', async () => {
    const {exitCode, result} = await openExamples().runJson('11-items.yaml')
    expect(exitCode).toBe(0)
    expect(result).toMatchObject({outputs: {wet: ['Oslo', 'Bergen'], published: ['eu,a', 'eu,b', 'us,a', 'ap,a']}})
  })

  it('12-wait-and-tell has tests, which pass and start nothing', async () => {
    const project = openExamples()
    const {exitCode, stdout} = await project.run(['test', '12-wait-and-tell.yaml'])
    expect({exitCode, last: stdout.split('\n').at(-2)}).toEqual({
      exitCode: 0,
      last: expect.stringContaining('2 passed (2 cases in 1 file') as string,
    })
    expect(project.has('out')).toBe(false)
  })

  it('12-wait-and-tell waits for the job, and tells how the run has ended', async () => {
    const project = openExamples()
    const {exitCode, result} = await project.runJson('12-wait-and-tell.yaml')
    expect(exitCode).toBe(0)
    expect(result).toMatchObject({outputs: {polls: 3}})
    expect(result.tasks.map(({id}) => id)).toEqual(['start', 'job', 'check', 'celebrate', 'clean'])
    expect(project.has('out/job')).toBe(false)
    const failed = await project.runJson('12-wait-and-tell.yaml', ['--var', 'wanted=broken'])
    expect(failed).toMatchObject({exitCode: 1, result: {reason: "task 'check' failed"}})
    expect(failed.result.tasks.map(({id}) => id)).toEqual(['start', 'job', 'check', 'alert', 'clean'])
  })

  it('13-deploy runs a workflow per region, which also runs alone', async () => {
    const project = openExamples()
    const {exitCode, result} = await project.runJson('13-deploy.yaml', ['--input', 'env=prod'])
    expect(exitCode).toBe(0)
    expect(result.outputs).toEqual({addresses: ['prod.eu.example.com', 'prod.us.example.com']})
    const runs = (await project.json(['runs', 'list'])) as {workflow: string; parent?: {run: string; task: string}}[]
    expect(runs.map(({workflow, parent}) => [workflow, parent?.run === result.run, parent?.task])).toEqual([
      ['deploy-region', true, 'us'],
      ['deploy-region', true, 'eu'],
      ['deploy', false, undefined],
    ])
    const alone = await project.runJson('13-deploy-region.yaml', ['--input', 'region=eu'])
    expect(alone.result.outputs).toEqual({address: 'dev.eu.example.com'})
  })

  it('01-hello greets', async () => {
    const {exitCode, stdout, stderr} = await openExamples().run(['run', '01-hello.yaml', '--var', 'name=you'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({greeting: 'Hello, you!'})
    expect(stderr).toContain('greet | Hello, you!\n')
  })

  it('02-parallel joins what two tasks found', async () => {
    const {exitCode, result, stderr} = await openExamples().runJson('02-parallel.yaml')
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    expect(result).toMatchObject({status: 'succeeded', outputs: {mean: 50.5}, counts: {succeeded: 4}})
  })

  it('03-when-things-fail tries again, tolerates a failure and cleans up', async () => {
    const project = openExamples()
    const env = {TMPDIR: project.home}
    const {exitCode, result, task} = await project.runJson('03-when-things-fail.yaml', [], {env})
    expect({exitCode, status: result.status}).toEqual({exitCode: 0, status: 'succeeded'})
    expect(task('flaky')).toMatchObject({status: 'succeeded', attempts: 2})
    expect(task('optional')).toMatchObject({status: 'failed', isTolerated: true, error: {code: 'EXIT_CODE', exitCode: 3}})
    expect(task('notify')).toMatchObject({status: 'skipped', reason: 'its condition is false: {{ failure() }}'})
    expect(task('cleanup')).toMatchObject({status: 'succeeded'})
    const logs = await project.run(['runs', 'logs', 'latest', '--task', 'cleanup'])
    expect(logs.stdout).toBe('flaky succeeded after 2 attempts, optional failed\n')
  })

  it('04-http asks a server and keeps what came back', async () => {
    const {base, asked} = await serveItems()
    const project = openExamples()
    const {exitCode, result, task} = await project.runJson('04-http.yaml', ['--var', `base=${base}`])
    expect(exitCode).toBe(0)
    expect(asked).toEqual(['GET /items?limit=3 application/json'])
    expect(task('fetch').attempts).toBe(1)
    expect(result.outputs).toEqual({names: ['pear', 'Öl "1"', ''], file: project.path('out/names.json')})
    expect(JSON.parse(project.read('out/names.json'))).toEqual(['pear', 'Öl "1"', ''])
  })

  it('04-http fails exactly when nobody answers', async () => {
    const project = openExamples()
    const {exitCode, result, error, task} = await project.runJson('04-http.yaml', [
      '--var',
      `base=http://127.0.0.1:${String(await closedPort())}`,
    ])
    expect({exitCode, status: result.status, reason: result.reason}).toEqual({exitCode: 1, status: 'failed', reason: "task 'fetch' failed"})
    expect(error('fetch').code).toBe('HTTP_CONNECTION')
    expect(task('fetch').attempts).toBe(3)
    expect(task('save')).toMatchObject({status: 'skipped', reason: "task 'fetch' failed and failFast is on"})
    expect(project.has('out')).toBe(false)
  })

  it('05-weather-report reports what an independent reading of the data gives', async () => {
    const project = openExamples()
    const {exitCode, result} = await project.runJson('05-weather-report.yaml')
    expect(exitCode).toBe(0)
    const report = project.path('out/weather-report.md')
    expect(result.outputs).toEqual({report, days: 1461})
    const days = project
      .read('data/seattle-weather.csv')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
    const lines = project.read('out/weather-report.md').split('\n')
    expect(lines[0]).toBe('# Weather in Seattle, 2012 to 2015')
    expect(lines).toContain(`- ${String(days.length)} days observed`)
    expect(lines).toContain(`- ${String(days.filter((day) => Number(day[4]) >= 8).length)} days with wind of 8 m/s or more`)
    const keys = new Map([
      ['By year', (day: string[]) => day[0]?.slice(0, 4) ?? ''],
      ['By month', (day: string[]) => day[0]?.slice(0, 7) ?? ''],
      ['By kind of weather', (day: string[]) => day[5] ?? ''],
    ])
    for (const [heading, keyOf] of keys) {
      const start = lines.indexOf(`## ${heading}`) + 4
      const rows = lines.slice(
        start,
        lines.findIndex((line, index) => index >= start && !line.startsWith('|')),
      )
      expect(rows, heading).toEqual(
        [...new Set(days.map(keyOf))].sort().map((key) =>
          row(
            key,
            days.filter((day) => keyOf(day) === key),
          ),
        ),
      )
    }
  })

  it('06-python-plugin describes numbers in Python', async () => {
    const {exitCode, result} = await openExamples().runJson('06-python-plugin.yaml')
    expect(exitCode).toBe(0)
    expect(result.outputs).toEqual({median: 3.5, mean: 31 / 8})
  })

  it('07-shell-plugin runs the action that each task names', async () => {
    const {exitCode, result} = await openExamples().runJson('07-shell-plugin.yaml')
    expect(exitCode).toBe(0)
    expect(result.outputs).toEqual({texts: ['Hello from a shell script', 'Goodbye from a shell script']})
  })

  it('08-secrets signs with a key, and shows neither the key nor the token', async () => {
    const project = openExamples()
    const secrets = {WEBHOOK_KEY: 'whsec_0123456789', API_TOKEN: 'token-of-the-test-42'}
    for (const [name, value] of Object.entries(secrets)) {
      expect(await project.run(['secrets', 'set', name, '--stdin'], {input: value})).toMatchObject({exitCode: 0})
    }
    const {exitCode, stdout, stderr} = await project.run(['run', '08-secrets.yaml'])
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    const file = project.path('out/webhook.json')
    // The user name before the token ends in the middle of a group of base64.
    const authorization = expect.stringMatching(/^Basic [\w]+\*\*\*SECRET\*\*\*$/) as string
    expect(JSON.parse(stdout)).toEqual({request: file, authorization})
    expect(stderr).toMatch(/^rehearse \| \+ echo Authorization: Basic \w+\*\*\*SECRET\*\*\*$/m)
    const body = {type: 'deployed', version: '1.2.0'}
    const signature = createHmac('sha256', secrets.WEBHOOK_KEY).update(JSON.stringify(body)).digest('hex')
    expect(JSON.parse(project.read('out/webhook.json'))).toEqual({signature: `sha256=${signature}`, body})
    expectNoLeaks(secrets, project.home, {stdout, stderr, file: project.read('out/webhook.json')})
  })

  it('08-secrets starts nothing without its secrets', async () => {
    const {exitCode, stderr} = await openExamples().run(['run', '08-secrets.yaml'])
    expect({exitCode, stderr}).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('Missing secrets: WEBHOOK_KEY, API_TOKEN') as string,
    })
  })

  it('14-site runs what it is asked for', async () => {
    const project = openExamples()
    const plain = await project.runJson('14-site.yaml')
    expect(plain.result.tasks.map(({id}) => id)).toEqual(['directory', 'page'])
    expect(plain.result.outputs).toEqual({page: '<h1>A site</h1>'})
    const {task} = await project.runJson('14-site.yaml', ['upload', '--', '--strict'], {env: {UPLOAD_TOKEN: 'zz-9-plural-z'}})
    expect(task('check').output).toMatchObject({stdout: 'checked --strict'})
    expect(task('upload').output).toMatchObject({stdout: 'uploading with 13 characters of token'})
  })
})

/** A line of the report, worked out in tenths so that no sum of decimals goes astray. */
function row(key: string, days: readonly string[][]): string {
  const tenths = (column: number): number[] => days.map((day) => Math.round(Number(day[column]) * 10))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const wet = tenths(1).filter((rain) => rain > 0).length
  const mean = (sum(tenths(2)) / 10 / days.length).toFixed(1)
  const [rain, hottest, coldest] = [sum(tenths(1)), Math.max(...tenths(2)), Math.min(...tenths(3))].map((value) => (value / 10).toFixed(1))
  return `| ${key} | ${String(days.length)} | ${rain ?? ''} | ${String(wet)} | ${mean} | ${hottest ?? ''} | ${coldest ?? ''} |`
}
