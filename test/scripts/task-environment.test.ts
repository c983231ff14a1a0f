// What a task's process sees of the world it is started in.

import {mkdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {actionSource, oneTask, Project, sdkPlugin, shellPlugin} from '../rig/project.ts'

const canary = {
  CANARY: 'must not get through',
  AUTOKESTRA_SECRET_KEY: 'must not get through',
  NODE_OPTIONS: '--no-warnings',
  NPM_TOKEN: 'must not get through',
  LD_LIBRARY_PATH: '/nowhere',
}

describe('the environment of a task', () => {
  const plain = shellPlugin('plain', `awk 'BEGIN {for (name in ENVIRON) if (name != "_") print name "=" ENVIRON[name]}' >&2; echo 1`)
  const sdk = sdkPlugin('sdk', actionSource('for (const [name, value] of Object.entries(process.env)) console.log(`${name}=${value}`)'))
  const reuse = sdkPlugin('reuse', sdk['plugins/sdk/index.mjs'] ?? '', {manifest: 'worker: reuse\nactions: [{name: act}]'})

  it.each([
    ['core/shell.run', "inputs: {command: 'env'}", ['_', 'PWD', 'OLDPWD', 'SHLVL']],
    ['test/plain.act', '', ['AUTOKESTRA_ACTION', 'PWD', 'OLDPWD', 'SHLVL', 'AWKPATH', 'AWKLIBPATH']],
    ['test/sdk.act', '', []],
    ['test/reuse.act', '', []],
  ])('of %s is the allow list and what is declared, nothing else', async (type, more, own) => {
    const project = new Project({
      ...plain,
      ...sdk,
      ...reuse,
      'w.yaml': `id: w\nvars: {v: from a var}\nenv: {SHARED: '{{ vars.v }}', OVERRIDDEN: workflow, PATH_LIKE: 1}\ntasks:\n  - {id: t, type: ${type}, env: {OWN: '{{ vars.v }}!', OVERRIDDEN: task, LANG: C}${more === '' ? '' : `, ${more}`}}\n`,
    })
    const env = {...canary, LC_ALL: 'C.UTF-8', TERM: 'dumb', LANG: 'C.UTF-8', TZ: 'UTC'}
    const {exitCode} = await project.run(['run', 'w.yaml'], {env})
    expect(exitCode).toBe(0)
    const {stdout} = await project.run(['runs', 'logs', '--task', 't'])
    const seen = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    expect(stdout).not.toContain('must not get through')
    for (const name of own) seen.delete(name)
    const tag = seen.get('AUTOKESTRA_TASK_TAG')
    expect(seen.get('TRACEPARENT')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    seen.delete('TRACEPARENT')
    expect(Object.fromEntries(seen)).toEqual({
      PATH: process.env['PATH'],
      HOME: project.home,
      AUTOKESTRA_HOME: project.home,
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
      LANG: 'C',
      TZ: 'UTC',
      SHARED: 'from a var',
      OWN: 'from a var!',
      OVERRIDDEN: 'task',
      PATH_LIKE: '1',
      AUTOKESTRA_TASK_TAG: tag,
    })
  })

  it('has what the workflow and the configuration inherit by name, but no declared secret and never the master key', async () => {
    const project = new Project({
      'autokestra.yaml': 'inheritEnv: [FROM_PROJECT]\n',
      'w.yaml': `id: w\ninheritEnv: [KUBECONFIG, 'AWS_*', AUTOKESTRA_SECRET_KEY, GONE, BOTH]\nsecrets: [AWS_TOKEN]\nenv: {BOTH: workflow}\ntasks:
  - {id: t, type: core/shell.run, inputs: {command: 'env | grep -E "^(KUBE|AWS|AUTOKESTRA_S|GONE|BOTH|FROM|OTHER)" | sort', parse: lines}}
  - {id: named, type: core/shell.run, env: {T: '{{ secrets.AWS_TOKEN }}'}, inputs: {command: 'test -n "$T" && test -z "$AWS_TOKEN"'}}\n`,
    })
    const env = {
      ...canary,
      KUBECONFIG: '/k',
      AWS_REGION: 'eu',
      AWS_TOKEN: 'a-token-of-its-own',
      FROM_PROJECT: 'p',
      OTHER: 'x',
      BOTH: 'caller',
      AUTOKESTRA_SECRET_KEY: 'a-master-key-of-this-test-0001',
    }
    const {exitCode, task} = await project.runJson('w.yaml', [], {env})
    expect(exitCode).toBe(0)
    expect((task('t').output as {value: unknown}).value).toEqual(['AWS_REGION=eu', 'BOTH=workflow', 'FROM_PROJECT=p', 'KUBECONFIG=/k'])
  })

  it('does not inherit everything by a lone star', async () => {
    const project = new Project({'w.yaml': `inheritEnv: ['*']\n${oneTask('core/shell.run', "    inputs: {command: 'env'}\n")}`})
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout).toContain('this is not a valid environment variable name')
  })

  it('does not stay in a process that serves another task', async () => {
    const project = new Project({
      ...sdkPlugin(
        'p',
        actionSource(
          'process.env.LEAKED = "yes"; return {first: process.env.FIRST ?? null, leaked: process.env.LEAKED === input.before, pid: process.pid}',
        ),
        {
          manifest: 'worker: reuse\nactions: [{name: act}]',
        },
      ),
      'w.yaml': 'id: w\ntasks:\n  - {id: a, type: test/p.act, env: {FIRST: one}}\n  - {id: b, type: test/p.act, needs: [a]}\n',
    })
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(task('a').output).toMatchObject({first: 'one'})
    expect(task('b').output).toMatchObject({first: null, pid: (task('a').output as {pid: number}).pid})
  })

  it('never has the key of the secrets, even when it is declared', async () => {
    const project = new Project({
      'w.yaml': oneTask('core/shell.run', '    env: {AUTOKESTRA_SECRET_KEY: forged}\n    inputs: {command: env}\n'),
    })
    const {exitCode, error} = await project.runJson('w.yaml')
    expect({exitCode, code: error('t').code}).toEqual({exitCode: 1, code: 'ENV_REFUSED'})
  })

  it('has a mark of our own that nobody can forge', async () => {
    const project = new Project({
      'w.yaml': oneTask('core/shell.run', '    env: {AUTOKESTRA_TASK_TAG: forged}\n    inputs: {command: env}\n'),
    })
    const {exitCode, stdout} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('AUTOKESTRA_TASK_TAG=')
    expect(stdout).not.toContain('forged')
  })

  it('keeps values out of the command line', async () => {
    const project = new Project({
      'w.yaml': `vars: {v: canary-value}\n${oneTask('core/shell.run', '    env: {V: \'{{ vars.v }}\'}\n    inputs: {command: \'tr "\\\\000" " " < /proc/$$/cmdline\'}\n')}`,
    })
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(JSON.stringify(task('t').output)).not.toContain('canary-value')
  })
})

describe('the working directory of a task', () => {
  it('is that of the workflow file, wherever the command is started', async () => {
    const project = new Project({'deep/er/w.yaml': oneTask('core/shell.run', "    inputs: {command: 'pwd'}\n")})
    for (const [cwd, file] of [
      [project.dir, 'deep/er/w.yaml'],
      [project.path('deep'), 'er/w.yaml'],
      ['/', project.path('deep/er/w.yaml')],
    ] as const) {
      const {task} = await project.runJson(file, [], {cwd})
      expect(task('t').output).toMatchObject({stdout: project.path('deep/er')})
    }
  })

  it('is `workingDir`, relative to the file, for every protocol', async () => {
    const project = new Project({
      ...shellPlugin('plain', 'printf \'"%s"\' "$(pwd)"'),
      ...sdkPlugin('sdk', actionSource('return process.cwd()')),
      'w.yaml':
        'id: w\nworkingDir: data\ntasks:\n  - {id: sh, type: core/shell.run, inputs: {command: pwd}}\n  - {id: plain, type: test/plain.act}\n  - {id: sdk, type: test/sdk.act}\n',
    })
    mkdirSync(project.path('data'))
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(task('sh').output).toMatchObject({stdout: project.path('data')})
    expect([task('plain').output, task('sdk').output]).toEqual([project.path('data'), project.path('data')])
  })
})

describe('the standard input of a task', () => {
  it('is empty, and not that of the command', async () => {
    const project = new Project({'w.yaml': oneTask('core/shell.run', '    inputs: {command: "cat | wc -c"}\n')})
    const {task} = await project.runJson('w.yaml', [], {input: 'for somebody else\n'})
    expect(task('t').output).toMatchObject({stdout: '0'})
  })
})

describe('the usual variables', () => {
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
  const names = [
    ...proxies,
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'SSH_AUTH_SOCK',
    'CI',
    'COLORTERM',
    'NO_COLOR',
    'FORCE_COLOR',
    'XDG_CACHE_HOME',
    'XDG_ANYTHING',
    'LC_ALL',
  ]

  it('that lead to the network and to the tools of the user are inherited, others by name', async () => {
    const project = new Project({
      'autokestra.yaml': 'inheritEnv: [FROM_PROJECT]\n',
      'w.yaml': oneTask('core/shell.run', '    inputs: {command: env}\n').replace('id: one\n', 'id: one\ninheritEnv: ["FROM_FI*"]\n'),
    })
    const env = Object.fromEntries([...names, 'FROM_PROJECT', 'FROM_FILE', 'OTHER'].map((name) => [name, `of ${name}`]))
    const {task} = await project.runJson('w.yaml', [], {env})
    const {stdout} = task('t').output as {stdout: string}
    const lines = new Set(stdout.split('\n'))
    expect([...names, 'FROM_PROJECT', 'FROM_FILE'].filter((name) => !lines.has(`${name}=of ${name}`))).toEqual([])
    expect(stdout).not.toContain('of OTHER')
  })
})
