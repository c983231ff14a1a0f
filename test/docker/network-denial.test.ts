// Tasks that fail because their sandbox refused them the network: each way out says the same, names the rule, and is not tried again.

import {expect, it} from 'vitest'
import {describeInDocker} from '../rig/docker.ts'
import {startServer} from '../rig/egress.ts'
import {actionSource, sdkPlugin, shellPlugin} from '../rig/project.ts'
import {redirectedAddress, redirectEnv} from '../rig/redirect.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'

/** Fails as the client it is told to use fails. */
const client = sdkPlugin(
  'denied-client',
  actionSource(
    `const {url, way} = input
    if (way === 'fetch') return await (await context.fetch(url)).text()
    if (way === 'wrapped') { try { await context.fetch(url) } catch (cause) { await context.fetch(input.then); throw new Error('no luck', {cause}) } }
    if (way === 'tolerated') { try { await context.fetch(url) } catch { return 'went on' } }
    if (way === 'later') { try { await context.fetch(url) } catch { await context.fetch(input.then) } throw new Error('something else') }
    if (way === 'get') return await new Promise((resolve, reject) => { (url.startsWith('https') ? https : http).get(url, (answer) => {
      if (answer.statusCode >= 400) reject(new Error('status ' + answer.statusCode)); else resolve(answer.statusCode) }).on('error', reject) })
    const proxy = new URL(process.env.HTTP_PROXY)
    return await new Promise((resolve, reject) => { http.get({host: proxy.hostname, port: proxy.port, path: url, headers: {host: new URL(url).host}}, (answer) => {
      if (answer.statusCode >= 400) reject(new Error('status ' + answer.statusCode)); else resolve(answer.statusCode) }).on('error', reject) })`,
    "import http from 'node:http'\nimport https from 'node:https'",
  ).replace('(input, context)', '(input: any, context: any)'),
  {main: 'index.ts'},
)

const program = shellPlugin(
  'denied-program',
  `cat > /dev/null; exec node -e "require('node:http').get('http://api.example.com/', () => {}).on('error', (e) => { console.error(e.message); process.exit(6) })"\n`,
)

interface Asked {
  readonly way?: string
  readonly url?: string
  readonly then?: string
  readonly type?: string
  readonly network?: string
}

function workflow(rules: readonly string[], tasks: Readonly<Record<string, Asked>>): string {
  const grants = `permissions: {network: ${JSON.stringify(rules)}}`
  const list = Object.entries(tasks).map(([id, {type = 'test/denied-client.act', network, ...inputs}]) => {
    const own = network === undefined ? '' : `    permissions: {network: ${network}}\n`
    return `  - id: ${id}\n    type: ${type}\n    retry: {max: 3, delay: 1ms}\n${own}    inputs: ${JSON.stringify(inputs)}\n`
  })
  return `id: w\nsecurity: restricted\nfailFast: false\n${grants}\ntasks:\n${list.join('')}`
}

describeInDocker('a task whose sandbox refuses it the network', () => {
  it('fails with PERMISSION_DENIED at its first attempt, whichever way it asked', async () => {
    const {port} = await startServer()
    const granted = `http://${redirectedAddress}:${String(port)}`
    const path = `${granted}/v1/*`
    const project = new RestrictedProject({
      ...client,
      'w.yaml': workflow([path, 'http://plain.test/v1/*', 'https://api.test/v1/*'], {
        relay: {way: 'fetch', url: `${granted}/v2`},
        wrapped: {way: 'wrapped', url: `${granted}/v2`, then: `${granted}/v1/x`},
        http: {way: 'get', url: 'http://plain.test/v2'},
        https: {way: 'get', url: 'https://api.test/v1/x'},
        proxy: {way: 'proxy', url: `${granted}/v2`},
        past: {way: 'get', url: 'https://other.test/'},
        core: {type: 'core/http.request', url: `${granted}/v2`},
        tolerated: {way: 'tolerated', url: `${granted}/v2`},
        later: {way: 'later', url: `${granted}/v2`, then: `${granted}/v1/x`},
      }),
    })
    await project.build('test/denied-client', 'core/http')
    const run = await project.runRestricted('w.yaml', [], redirectEnv())
    const rules = {
      relay: `${granted}/v2`,
      wrapped: `${granted}/v2`,
      http: 'http://plain.test/v2',
      https: 'https://api.test',
      proxy: `${granted}/v2`,
      past: 'https://other.test',
      core: `${granted}/v2`,
    }
    for (const [task, rule] of Object.entries(rules)) {
      const advice = expect.stringContaining(`permissions.network would allow it with '${rule}'`) as string
      expect({task, ...run.task(task)}).toMatchObject({
        task,
        attempts: 1,
        error: {code: 'PERMISSION_DENIED', message: advice, retryable: false},
      })
      expect(await project.logOf(task)).toContainEqual(advice)
    }
    expect(run.task('tolerated')).toMatchObject({status: 'succeeded', output: 'went on'})
    // The refusal was got over: the network has answered since.
    expect(run.task('later')).toMatchObject({attempts: 3, error: {code: 'ACTION_FAILED', message: 'something else'}})
  })

  it('is told what to grant where nothing is granted', async () => {
    const project = new RestrictedProject({
      ...client,
      ...program,
      'w.yaml': workflow(['https://granted.test'], {
        relay: {way: 'fetch', url: 'https://api.example.com/v1/x?y=1', network: '[]'},
        get: {way: 'get', url: 'https://api.example.com/', network: '[]'},
        core: {type: 'core/http.request', url: 'https://api.example.com/v1', network: '[]'},
        plain: {type: 'test/denied-program.act', network: '[]'},
        tolerated: {way: 'tolerated', url: 'https://api.example.com/v1', network: '[]'},
        never: {way: 'fetch', url: 'http://169.254.169.254/', network: '[]'},
      }),
    })
    await project.build('test/denied-client', 'test/denied-program', 'core/http')
    const run = await project.runRestricted('w.yaml')
    const rules = {
      relay: 'https://api.example.com/v1/x',
      get: 'https://api.example.com',
      core: 'https://api.example.com/v1',
      plain: 'https://api.example.com',
    }
    for (const [task, rule] of Object.entries(rules)) {
      const advice = expect.stringMatching(
        new RegExp(`this task is granted no network.*; permissions.network would allow it with '${rule}'`),
      ) as string
      expect({task, ...run.task(task)}).toMatchObject({
        task,
        attempts: 1,
        error: {code: 'PERMISSION_DENIED', message: advice, retryable: false},
      })
      expect((await project.logOf(task)).filter((line) => line.includes('granted no network'))).toEqual([advice])
    }
    expect(run.task('tolerated')).toMatchObject({status: 'succeeded'})
    expect(await project.logOf('tolerated')).toEqual([
      "network: refused GET https://api.example.com/v1: this task is granted no network; permissions.network would allow it with 'https://api.example.com/v1'",
    ])
    expect(run.error('never')).toMatchObject({code: 'PERMISSION_DENIED'})
    expect(await project.logOf('never')).toEqual(['network: refused GET http://169.254.169.254/: this task is granted no network'])
  })
})
