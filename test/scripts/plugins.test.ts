// Plugins of the user's own, in each language and with each protocol, as `run` finds and starts them.

import {mkdirSync, symlinkSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {actionSource, oneTask, Project, sdkPlugin, shellPlugin} from '../rig/project.ts'

describe('a plugin without node_modules that imports the SDK', () => {
  it.each([
    ['an ES module', 'index.mjs', actionSource('return {twice: input.n * 2, run: context.run.task}')],
    ['a .js file, which is an ES module by its syntax', 'index.js', actionSource('return {twice: input.n * 2, run: context.run.task}')],
    [
      'a CommonJS module',
      'index.cjs',
      "const {defineAction} = require('@autokestra/plugin-sdk')\nmodule.exports = {act: defineAction({execute: ({n}, {run}) => ({twice: n * 2, run: run.task})})}\n",
    ],
    [
      'TypeScript',
      'src/index.ts',
      "import {defineAction, type PluginContext} from '@autokestra/plugin-sdk'\nimport {twice} from './twice.ts'\n" +
        'export const act = defineAction({execute({n}: {n: number}, {run}: PluginContext) { return {twice: twice(n), run: run.task} }})\n',
    ],
    [
      'CommonJS in TypeScript',
      'src/index.cts',
      "import {defineAction} from '@autokestra/plugin-sdk'\n" +
        'export const act = defineAction({execute({n}: {n: number}, {run}) { return {twice: n * 2, run: run.task} }})\n',
    ],
  ])('works as %s', async (_title, main, source) => {
    for (const worker of ['single', 'reuse']) {
      const project = new Project({
        ...sdkPlugin('p', source, {main, manifest: `worker: ${worker}\nactions: [{name: act}]`}),
        'plugins/p/src/twice.ts': 'export const twice = (n: number): number => n * 2\n',
        'w.yaml': oneTask('test/p.act', '    inputs: {n: 21}\n'),
      })
      const ended = await project.runJson('w.yaml')
      expect({worker, exitCode: ended.exitCode, output: ended.task('t').output}).toEqual({
        worker,
        exitCode: 0,
        output: {twice: 42, run: 't'},
      })
    }
  })

  it('works from the home directory, and through a link', async () => {
    const project = new Project({...sdkPlugin('p', actionSource('return 1')), 'w.yaml': oneTask('test/p.act')})
    const elsewhere = new Project({'w.yaml': oneTask('test/p.act')})
    mkdirSync(`${elsewhere.home}/plugins`)
    symlinkSync(project.path('plugins/p'), `${elsewhere.home}/plugins/linked`)
    expect((await elsewhere.runJson('w.yaml')).task('t').output).toBe(1)
  })

  it('that changes is run as it is now', async () => {
    const main = 'index.ts'
    const project = new Project({...sdkPlugin('p', actionSource('return 1'), {main}), 'w.yaml': oneTask('test/p.act')})
    expect((await project.runJson('w.yaml')).task('t').output).toBe(1)
    project.write(sdkPlugin('p', actionSource('return 2'), {main}))
    expect((await project.runJson('w.yaml')).task('t').output).toBe(2)
  })
})

describe('a plugin in another language', () => {
  it('in Python gets JSON and gives JSON', async () => {
    const project = new Project({
      'plugins/py/plugin.yaml': 'namespace: test\nname: py\nversion: 1.0.0\ncommand: [python3, main.py]\nactions: [{name: join}]\n',
      'plugins/py/main.py':
        'import json, os, sys\ninputs = json.load(sys.stdin)\nprint("joining", file=sys.stderr)\n' +
        'json.dump({"text": "-".join(inputs["words"]), "action": os.environ["AUTOKESTRA_ACTION"], "argument": sys.argv[1]}, sys.stdout)\n',
      'w.yaml': oneTask('test/py.join', "    inputs: {words: [é, '\"', '𝄞']}\n"),
    })
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(task('t').output).toEqual({text: 'é-"-𝄞', action: 'join', argument: 'join'})
    expect((await project.run(['runs', 'logs'])).stdout).toBe('t | joining\n')
  })

  it('that never reads its input gets one of 5 MB', async () => {
    const project = new Project({
      ...shellPlugin('p', 'echo 1'),
      'w.yaml': `id: w\nvars: {text: x}\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'yes | head -c 1000000'}}\n  - {id: t, type: test/p.act, needs: [a], inputs: {a: ['{{ tasks.a.output.stdout }}', '{{ tasks.a.output.stdout }}', '{{ tasks.a.output.stdout }}', '{{ tasks.a.output.stdout }}', '{{ tasks.a.output.stdout }}']}}\n`,
    })
    const {exitCode, task} = await project.runJson('w.yaml')
    expect({exitCode, output: task('t').output}).toEqual({exitCode: 0, output: 1})
  })

  it.each([
    ['a byte order mark and DOS line ends', String.raw`printf '\357\273\277{"n": 1}\r\n'`],
    ['no line end', String.raw`printf '{"n":1}'`],
    ['white space around', String.raw`printf '\n\n  {"n":\n1}\n\n'`],
  ])('may write its document with %s', async (_title, script) => {
    const {task} = await new Project({...shellPlugin('p', script), 'w.yaml': oneTask('test/p.act')}).runJson('w.yaml')
    expect(task('t').output).toEqual({n: 1})
  })
})

describe('the action that runs', () => {
  const twoActions = 'actions: [{name: left}, {name: right}]'
  const workflow =
    'id: w\ntasks:\n  - {id: l, type: test/p.left}\n  - {id: r, type: test/p.right, needs: [l]}\n  - {id: l2, type: test/p.left, needs: [r]}\n'

  it.each([
    ['plain', shellPlugin('p', 'echo "$1" >> ran; printf \'"%s"\' "$1"', twoActions)],
    [
      'sdk',
      sdkPlugin(
        'p',
        "import {defineActions} from '@autokestra/plugin-sdk'\nimport {appendFileSync} from 'node:fs'\n" +
          "const act = (name) => ({execute() { appendFileSync('ran', name + '\\n'); return name }})\n" +
          "export default defineActions({left: act('left'), right: act('right')})\n",
        {manifest: `worker: reuse\n${twoActions}`},
      ),
    ],
    [
      'exec',
      {
        'plugins/p/plugin.yaml':
          'namespace: test\nname: p\nversion: 1.0.0\nprotocol: exec\nactions:\n' +
          "  - {name: left, exec: [sh, -c, 'echo left >> ran; echo left']}\n  - {name: right, exec: [sh, -c, 'echo right >> ran; echo right']}\n",
      },
    ],
  ])('is the one the task names, and no other (%s)', async (protocol, files) => {
    const project = new Project({...files, 'w.yaml': workflow})
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(project.read('ran')).toBe('left\nright\nleft\n')
    if (protocol !== 'exec') expect(['l', 'r', 'l2'].map((id) => task(id).output)).toEqual(['left', 'right', 'left'])
  })
})

describe('what a plugin prints', () => {
  it('with an SDK action is log, whatever it looks like', async () => {
    const body = `
      console.log('debugging', {a: 1})
      process.stdout.write('{"ok": true, "output": "forged"}\\n')
      process.stdout.write('no line end')
      process.stdout.write('\\x1e' + '0'.repeat(32) + ' 31 00000000 {"type":"result","ok":true,"output":"forged"}\\n')
      const {spawnSync} = await import('node:child_process')
      spawnSync('sh', ['-c', 'echo {\\\\"type\\\\":\\\\"result\\\\",\\\\"ok\\\\":true,\\\\"output\\\\":\\\\"forged\\\\"}; echo to stderr >&2'], {stdio: 'inherit'})
      return 'real'`
    const project = new Project({...sdkPlugin('p', actionSource(body)), 'w.yaml': oneTask('test/p.act')})
    const {exitCode, task} = await project.runJson('w.yaml')
    expect({exitCode, output: task('t').output}).toEqual({exitCode: 0, output: 'real'})
    const {stdout} = await project.run(['runs', 'logs', '--task', 't'])
    for (const text of ['debugging { a: 1 }', '{"ok": true, "output": "forged"}', 'no line end', 'to stderr'])
      expect(stdout).toContain(text)
    expect(stdout.match(/forged/g)).toHaveLength(3)
  })

  it('with a plain plugin before its document is log, with a warning', async () => {
    const project = new Project({...shellPlugin('p', 'echo debugging; echo \'{"n": 1}\''), 'w.yaml': oneTask('test/p.act')})
    const {exitCode, task} = await project.runJson('w.yaml')
    expect({exitCode, output: task('t').output}).toEqual({exitCode: 0, output: {n: 1}})
    expect((await project.run(['runs', 'logs'])).stdout).toBe('t | debugging\n')
    const {stderr} = await project.run(['run', 'w.yaml'])
    expect(stderr).toContain('warning[STDOUT_POLLUTED]: t: ')
  })

  it('with a plain plugin that wants it strict fails the task', async () => {
    const project = new Project({
      ...shellPlugin('p', 'echo debugging; echo \'{"n": 1}\'', 'strictStdout: true\nactions: [{name: act}]'),
      'w.yaml': oneTask('test/p.act'),
    })
    const {exitCode, error} = await project.runJson('w.yaml')
    expect({exitCode, code: error('t').code}).toEqual({exitCode: 1, code: 'STDOUT_POLLUTED'})
  })

  it('cannot change anything but its own output', async () => {
    const project = new Project({
      ...shellPlugin('p', 'echo \'{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}\''),
      'w.yaml':
        'id: w\ntasks:\n  - {id: a, type: test/p.act}\n' +
        "  - {id: b, type: core/json.transform, needs: [a], inputs: {data: '{{ tasks.a.output }}', expression: 'has(data.polluted)'}}\n",
    })
    const {exitCode, task, stdout} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('"__proto__"')
    expect(task('b').output).toEqual({value: false})
  })
})

describe('many tasks', () => {
  it.each(['single', 'reuse'])('a hundred of one SDK plugin at once all get their own result (worker: %s)', async (worker) => {
    const tasks = Array.from({length: 100}, (_, n) => `  - {id: t${String(n)}, type: test/p.act, inputs: {n: ${String(n)}}}\n`)
    const project = new Project({
      ...sdkPlugin('p', actionSource('context.log.info(`task ${input.n}`); return {n: input.n, pid: process.pid}'), {
        manifest: `worker: ${worker}\nactions: [{name: act}]`,
      }),
      'w.yaml': `id: w\nparallelism: 100\ntasks:\n${tasks.join('')}`,
    })
    const {exitCode, result, stderr} = await project.runJson('w.yaml')
    expect({exitCode, lines: stderr.split('\n').length}).toEqual({exitCode: 0, lines: 3})
    const outputs = result.tasks.map(({output}) => output as {n: number; pid: number})
    expect(outputs.map(({n}) => n)).toEqual(Array.from({length: 100}, (_, n) => n))
    if (worker === 'single') expect(new Set(outputs.map(({pid}) => pid)).size).toBe(100)
    const logs = (await project.run(['runs', 'logs'])).stdout.trimEnd().split('\n')
    expect(new Set(logs)).toEqual(new Set(outputs.map(({n}) => `t${String(n)} | task ${String(n)}`)))
  })

  it('of a plugin that may be reused share few processes, one at a time each', async () => {
    const tasks = Array.from({length: 20}, (_, n) => `  - {id: t${String(n)}, type: test/p.act}\n`)
    const project = new Project({
      ...sdkPlugin(
        'p',
        actionSource(
          'if (busy) throw new Error("two at once"); busy = true; await new Promise((r) => setTimeout(r, 5)); busy = false; return process.pid',
          'let busy = false',
        ),
        {manifest: 'worker: reuse\nactions: [{name: act}]'},
      ),
      'w.yaml': `id: w\nparallelism: 2\ntasks:\n${tasks.join('')}`,
    })
    const {exitCode, result} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(new Set(result.tasks.map(({output}) => output)).size).toBeLessThanOrEqual(2)
  })
})
