// The examples that run in containers: as they stand in examples/, and with a server of the test in the place of a page on the internet.

import {cpSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {baseImage, describeInDocker, dockerEnv} from '../rig/docker.ts'
import {startServer} from '../rig/egress.ts'
import {redirectedAddress, redirectEnv} from '../rig/redirect.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'
import {builtCommand, jsonOf, packageRoot} from '../rig/workflow-command.ts'

const examples = path.join(packageRoot, 'examples')

/** A copy of the examples, and beside it one that grants the server of the test instead of a page on the internet. */
function openExamples(port: number): RestrictedProject {
  const project = new RestrictedProject()
  cpSync(examples, project.dir, {recursive: true, filter: (source) => path.relative(examples, source) !== 'out'})
  const text = project.read('09-restricted.yaml').replaceAll('https://example.com', `http://${redirectedAddress}:${String(port)}`)
  project.write({'restricted.yaml': text, 'trusted.yaml': text.replace('security: restricted\n', '')})
  return project
}

describeInDocker('the examples', () => {
  it('15-container counts words in an image', async () => {
    const run = await openExamples(1).runRestricted('15-container.yaml', ['--var', `image=${baseImage}`])
    expect(run, run.stderr).toMatchObject({exitCode: 0})
    expect(run.result.outputs).toEqual({
      words: Array.from({length: 3}, () => ({word: expect.any(String), times: expect.any(Number)})),
    })
  })

  it('09-restricted succeeds as it is, without the internet', async () => {
    const project = openExamples(1)
    await project.build('example/http-check', 'example/weather', 'example/stats')
    const run = await project.runRestricted('09-restricted.yaml')
    expect(run).toMatchObject({exitCode: 0})
    expect(run.stderr).not.toContain('warning')
    expect(run.result.outputs).toEqual({page: null, wind: expect.any(Number) as number})
    expect(run.task('check')).toMatchObject({status: 'skipped'})
  })

  it('09-restricted gives the same in containers as without them', async () => {
    const {port, requests} = await startServer((_request, response) => {
      response.end('Example of a page')
    })
    const project = openExamples(port)
    await project.build('example/http-check', 'example/weather', 'example/stats')
    const page = (host: string): string => `page=http://${host}:${String(port)}/v1/status`
    const contained = await project.runRestricted('restricted.yaml', ['--var', page(redirectedAddress)], redirectEnv())
    expect(contained).toMatchObject({exitCode: 0})
    const found = {status: 200, bytes: 17, found: true}
    expect(contained.result.outputs).toEqual({page: found, wind: expect.any(Number) as number})
    expect(contained.task('check').metrics).toMatchObject({networkRequests: 1, networkRefusals: 0})
    const trusted = await project.runJson('trusted.yaml', ['--var', page('127.0.0.1')])
    expect(trusted.result.outputs).toEqual(contained.result.outputs)
    expect(trusted.task('describe').output).toEqual(contained.task('describe').output)
    expect(requests.map(({url}) => url)).toEqual(['/v1/status', '/v1/status'])
    const refused = await project.runRestricted('restricted.yaml', ['--var', 'page=https://example.org/'])
    expect(refused.error('check')).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining("permissions.network would allow it with 'https://example.org/'") as string,
    })
  })

  it('example/http-check works in both modes, and its build script builds its image', async () => {
    const {port} = await startServer((request, response) => {
      response.statusCode = request.url === '/v1/gone' ? 410 : 200
      response.end(request.headers.authorization ?? 'nobody')
    })
    const project = openExamples(port)
    const script = [path.join(project.dir, 'plugins/http-check/build.sh'), '--json'] as const
    const built = await project.run([], {command: ['sh', ...script], cwd: '/', env: {...dockerEnv(), WORKFLOW: builtCommand}})
    expect(built).toMatchObject({exitCode: 0})
    expect(jsonOf(built)).toMatchObject({plugin: 'example/http-check', dockerfile: 'generated'})
    const tasks = (host: string): string => `id: check
secrets: [TOKEN]
permissions: {network: ['http://${redirectedAddress}:${String(port)}/v1/*']}
failFast: false
tasks:
  - {id: fine, type: example/http-check.check, inputs: {url: 'http://${host}:${String(port)}/v1/x', token: '{{ secrets.TOKEN }}', contains: Bearer}}
  - {id: gone, type: example/http-check.check, inputs: {url: 'http://${host}:${String(port)}/v1/gone'}}
`
    project.write({'t.yaml': tasks('127.0.0.1'), 'r.yaml': `security: restricted\n${tasks(redirectedAddress)}`})
    const env = {TOKEN: 'canary-token-1'}
    const trusted = await project.runJson('t.yaml', [], {env})
    const contained = await project.runRestricted('r.yaml', [], {...env, ...redirectEnv()})
    for (const run of [trusted, contained]) {
      expect(run.task('fine').output).toMatchObject({status: 200, found: true, bytes: 'Bearer canary-token-1'.length})
      expect(run.error('gone')).toMatchObject({code: 'BAD_STATUS', retryable: false})
    }
  })
})
