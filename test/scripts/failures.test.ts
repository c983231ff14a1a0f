// Failures are exact: a stable code, a sentence, the documented exit code, and nothing left running (the rig looks after every run).

import {describe, expect, it} from 'vitest'
import {actionSource, oneTask, Project, sdkPlugin, shellPlugin, type FinishedRun} from '../rig/project.ts'

const withOutput = 'actions: [{name: act, output: {type: object, required: [n], properties: {n: {type: integer}}}}]'
const withInput = 'actions: [{name: act, input: {type: object, required: [n], properties: {n: {type: integer}}}}]'
const shortGrace = {'autokestra.yaml': 'limits: {killGrace: 300ms, exitGrace: 300ms}\n'}

/** Runs one task `t`. */
async function runTask(files: Readonly<Record<string, string>>, type: string, more = ''): Promise<FinishedRun & {project: Project}> {
  const project = new Project({...shortGrace, ...files, 'w.yaml': oneTask(type, more)})
  return {project, ...(await project.runJson('w.yaml'))}
}

function command(text: string, more = ''): string {
  return `    inputs: {command: ${JSON.stringify(text)}}\n${more}`
}

describe('a task that fails', () => {
  it.each([
    ['ends with an exit code', 'sh', 'exit 3', 'EXIT_CODE', 'exit code 3'],
    ['ends with exit code 255', 'sh', 'exit 255', 'EXIT_CODE', 'exit code 255'],
    ['names a program that is not there', 'sh', 'no-such-program-anywhere', 'EXIT_CODE', 'exit code 127'],
    ['is ended by SIGKILL', 'sh', 'kill -KILL $$', 'KILLED_BY_SIGNAL', 'SIGKILL'],
    ['is ended by SIGSEGV', 'sh', 'kill -SEGV $$', 'KILLED_BY_SIGNAL', 'SIGSEGV'],
    ['prints no JSON document', 'plain', 'echo not json', 'OUTPUT_INVALID_JSON', 'not one JSON document'],
    ['prints a part of one', 'plain', `printf '{"n": 1'`, 'OUTPUT_INVALID_JSON', 'JSON'],
    ['prints what the schema refuses', 'plain', `echo '{"n": "1"}'`, 'OUTPUT_INVALID', 'n'],
    ['prints nothing where an output is declared', 'plain', 'true', 'NO_OUTPUT', 'standard output'],
    ['prints bytes that are no text', 'plain', String.raw`printf '{"n":"\377"}'`, 'OUTPUT_NOT_UTF8', 'UTF-8'],
    ['has a result and a bad exit code', 'plain', `echo '{"n": 1}'; exit 9`, 'EXIT_CODE', 'exit code 9'],
    ['dies with half a result', 'plain', `printf '{"n":'; kill -KILL $$`, 'KILLED_BY_SIGNAL', 'SIGKILL'],
  ])('because it %s has a stable code and a sentence', async (_title, kind, script, code, sentence) => {
    const {exitCode, result, error, project} =
      kind === 'sh'
        ? await runTask({}, 'core/shell.run', command(script))
        : await runTask(shellPlugin('p', script, withOutput), 'test/p.act')
    expect({exitCode, status: result.status, reason: result.reason}).toEqual({exitCode: 1, status: 'failed', reason: "task 't' failed"})
    expect(error('t').code).toBe(code)
    expect(error('t').message).toContain(sentence)
    const {stderr} = await project.run(['run', 'w.yaml'])
    expect(stderr).toContain(`t: failed in `)
    expect(stderr).toContain(`${code}: ${error('t').message}`)
  })

  it.each([
    ['hangs', 'sleep 1000'],
    ['ignores SIGTERM', "trap '' TERM; while :; do sleep 1000; done"],
    ['closes its output and goes on', 'exec >&- 2>&-; sleep 1000'],
    ['leaves its group and ignores signals', 'setsid sh -c \'trap "" TERM HUP; sleep 1000\' & sleep 1000'],
  ])('because it %s is ended at its timeout', async (_title, script) => {
    const {exitCode, error} = await runTask({}, 'core/shell.run', command(script, '    timeout: 300ms\n'))
    expect(exitCode).toBe(1)
    expect(error('t')).toMatchObject({code: 'TIMEOUT', retryable: true})
    expect(error('t').message).toContain('300ms')
  })

  it.each([
    ['throws', 'throw new Error("the disk is on fire")', 'ACTION_FAILED', 'the disk is on fire'],
    ['exits', 'process.exit(4)', 'EXIT_CODE', 'exit code 4'],
    ['exits without a word', 'process.exit(0)', 'PROTOCOL_ERROR', 'before it returned a result'],
    ['is aborted', 'process.abort()', 'KILLED_BY_SIGNAL', 'SIGABRT'],
    ['gives back what is no JSON', 'return {n: 1n}', 'OUTPUT_INVALID_JSON', 'n'],
    ['gives back what the schema refuses', 'return {n: 1.5}', 'OUTPUT_INVALID', 'n'],
    ['never comes to an end', 'setInterval(() => {}, 1000); await new Promise(() => {})', 'TIMEOUT', '2s'],
    ['blocks its process', 'for (;;);', 'TIMEOUT', '2s'],
    [
      'rejects where nobody waits',
      'void Promise.reject(new Error("stray")); await new Promise((r) => setTimeout(r, 60000))',
      'ACTION_FAILED',
      'stray',
    ],
  ])('because its SDK action %s has a stable code and a sentence', async (_title, body, code, sentence) => {
    // Nobody waits for the time of the others.
    const timeout = code === 'TIMEOUT' ? '2s' : '5m'
    const {exitCode, error} = await runTask(
      sdkPlugin('p', actionSource(body), {manifest: withOutput}),
      'test/p.act',
      `    timeout: ${timeout}\n`,
    )
    expect(exitCode).toBe(1)
    expect(error('t').code).toBe(code)
    expect(error('t').message).toContain(sentence)
  })

  it('because its module cannot be loaded says what is wrong with the module', async () => {
    const {exitCode, error} = await runTask(sdkPlugin('p', 'import "./missing.mjs"'), 'test/p.act')
    expect(exitCode).toBe(1)
    expect(error('t').code).toBe('PLUGIN_LOAD_FAILED')
    expect(error('t').message).toContain('missing.mjs')
  })

  it('because its module does not export the action names the action and what there is', async () => {
    const manifest = 'actions: [{name: act}, {name: other}]'
    const {exitCode, error} = await runTask(sdkPlugin('p', actionSource('').replace(' act ', ' other '), {manifest}), 'test/p.act')
    expect(exitCode).toBe(1)
    expect(error('t').code).toBe('ACTION_NOT_EXPORTED')
    expect(error('t').message).toContain('act')
  })

  it('because its working directory is not there blames the directory', async () => {
    const project = new Project({'w.yaml': `workingDir: nowhere\n${oneTask('core/shell.run', command('true'))}`})
    const {exitCode, error} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(error('t')).toMatchObject({code: 'WORKING_DIR_NOT_FOUND'})
    expect(error('t').message).toContain(project.path('nowhere'))
  })

  it('because a template has no value names the path and the nearest name', async () => {
    const files = {
      'w.yaml':
        'id: w\ntasks:\n' +
        '  - {id: a, type: core/shell.run, inputs: {command: \'echo {\\"rows\\": 1}\', parse: json}}\n' +
        "  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.output.value.row }}'}}\n",
    }
    const {exitCode, error, task} = await new Project(files).runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(task('b').attempts).toBe(1)
    expect(error('b')).toMatchObject({code: 'TEMPLATE_FAILED', retryable: false})
    expect(error('b').message).toMatch(/row.*did you mean.*rows/s)
  })
})

describe('an output that is a flood', () => {
  it('of a plain plugin ends it', async () => {
    const files = {...shellPlugin('p', 'yes'), 'autokestra.yaml': 'limits: {output: 1MiB, killGrace: 300ms}\n'}
    const {exitCode, error} = await runTask(files, 'test/p.act')
    expect(exitCode).toBe(1)
    expect(error('t').code).toBe('OUTPUT_TOO_LARGE')
  })

  it('on stderr is cut in the log, with a warning, and harms nothing', async () => {
    const files = {...shellPlugin('p', 'yes error | head -n 300000 >&2; echo 1'), 'autokestra.yaml': 'limits: {log: 1MiB}\n'}
    const {exitCode, task, project} = await runTask(files, 'test/p.act')
    expect(exitCode).toBe(0)
    expect(task('t').output).toBe(1)
    const logs = await project.run(['runs', 'logs'])
    // What counts is the text, without the name of the task before each line.
    const text = logs.stdout.split('\n').map((line) => line.replace(/^t \| /, ''))
    expect(text.join('').length).toBeLessThan(1_100_000)
    expect(text.length).toBeGreaterThan(200_000)
    expect(logs.stdout).toMatch(/\d+ lines dropped/)
    expect((await project.run(['runs', 'show'])).stdout).toContain('lines dropped')
  })
})

describe('before anything starts', () => {
  const marker = 'touch started; echo 1'

  /** Two tasks: one that would leave a mark, and a wrong one. */
  async function refused(task: string): Promise<{
    exitCode: number | null
    document: {error: {code: string; diagnostics: {code: string; message: string; hint?: string; line: number; column: number}[]}}
  }> {
    const files = {...shellPlugin('p', marker), ...shellPlugin('q', marker, withInput)}
    const project = new Project({...files, 'w.yaml': `id: w\ntasks:\n  - {id: first, type: test/p.act}\n  - ${task}\n`})
    const {exitCode, stdout} = await project.run(['run', 'w.yaml', '--json'])
    expect(project.has('started')).toBe(false)
    expect(await project.json(['runs', 'list'])).toEqual([])
    return {exitCode, document: JSON.parse(stdout)}
  }

  it('an unknown plugin is refused with the nearest name', async () => {
    const {exitCode, document} = await refused('{id: t, type: core/shel.run, inputs: {command: "true"}}')
    expect(exitCode).toBe(5)
    expect(document.error.code).toBe('PLUGIN_NOT_FOUND')
    expect(document.error.diagnostics).toMatchObject([{code: 'unknown-plugin', line: 4, column: 19}])
    expect(JSON.stringify(document.error.diagnostics)).toContain('core/shell')
  })

  it('an unknown action is refused with the nearest name', async () => {
    const {exitCode, document} = await refused('{id: t, type: core/shell.rum, inputs: {command: "true"}}')
    expect(exitCode).toBe(5)
    expect(document.error.diagnostics).toMatchObject([{code: 'unknown-action', line: 4, column: 19}])
    expect(JSON.stringify(document.error.diagnostics)).toContain('run')
  })

  it('a literal input that does not fit is refused at its place', async () => {
    const {exitCode, document} = await refused('{id: t, type: test/q.act, inputs: {n: many}}')
    expect(exitCode).toBe(3)
    expect(document.error).toMatchObject({code: 'WORKFLOW_INVALID', diagnostics: [{line: 4, column: 43}]})
  })

  it('a missing input is refused', async () => {
    const {exitCode, document} = await refused('{id: t, type: test/q.act}')
    expect(exitCode).toBe(3)
    expect(document.error.diagnostics[0]?.message).toContain('n')
  })

  it('a broken manifest of a plugin in use is refused with its place in the manifest', async () => {
    const project = new Project({
      'plugins/x/plugin.yaml': 'namespace: test\nname: x\nversion: one\ncommand: [sh, x.sh]\nactions: [{name: act}]\n',
      'w.yaml': oneTask('test/x.act'),
    })
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('plugin.yaml:3:10')
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('a broken manifest of another plugin disturbs nobody', async () => {
    const project = new Project({
      ...shellPlugin('p', 'echo 1'),
      'plugins/x/plugin.yaml': '{',
      'plugins/y/plugin.yaml': 'a: *b',
      'w.yaml': oneTask('test/p.act'),
    })
    expect(await project.runJson('w.yaml')).toMatchObject({exitCode: 0})
  })
})

describe('inputs that come from templates', () => {
  it('and do not fit fail the task, and its plugin is not started', async () => {
    const project = new Project({
      ...shellPlugin('p', 'touch started; echo 1', withInput),
      'w.yaml': `vars: {n: many}\n${oneTask('test/p.act', "    inputs: {n: '{{ vars.n }}'}\n    retry: {max: 3, delay: 1ms}\n")}`,
    })
    const {exitCode, error, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(error('t')).toMatchObject({code: 'INPUT_INVALID', retryable: false})
    expect(task('t').attempts).toBe(1)
    expect(project.has('started')).toBe(false)
  })

  it('and fit keep their type', async () => {
    const project = new Project({
      ...shellPlugin('p', 'cat', withInput),
      'w.yaml': `vars: {n: 7}\n${oneTask('test/p.act', "    inputs: {n: '{{ vars.n }}', text: 'n={{ vars.n }}', list: ['{{ vars.n }}']}\n")}`,
    })
    expect((await project.runJson('w.yaml')).task('t').output).toEqual({n: 7, text: 'n=7', list: [7]})
  })
})

describe('what a task leaves behind', () => {
  it.each([
    ['a child in the background that holds its output open', 'sleep 1000 & echo done'],
    ['a child in a session of its own', 'setsid sleep 1000 > /dev/null 2>&1 & echo done'],
    ['a child in a session of its own that holds its output open', 'setsid sh -c \'trap "" TERM HUP; sleep 1000\' & echo done'],
    ['a child of a child that is gone', "(setsid sh -c 'sleep 1000 & sleep 1000' > /dev/null 2>&1 &) ; echo done"],
  ])('is ended with it: %s', async (_title, script) => {
    const {exitCode, task} = await runTask({}, 'core/shell.run', command(script))
    expect(exitCode).toBe(0)
    expect(task('t').output).toMatchObject({stdout: 'done'})
  })

  it('is ended with it: the children of an SDK action', async () => {
    const source = actionSource(
      `spawn('sleep', ['1000'], {stdio: 'inherit'})
      spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'}).unref()
      return 'done'`,
      "import {spawn} from 'node:child_process'",
    )
    for (const worker of ['single', 'reuse']) {
      const {exitCode, task} = await runTask(sdkPlugin('p', source, {manifest: `worker: ${worker}\nactions: [{name: act}]`}), 'test/p.act')
      expect({worker, exitCode}).toEqual({worker, exitCode: 0})
      expect(task('t').output).toBe('done')
    }
  })

  it.each([
    ['with an open handle is ended quietly', 'setInterval(() => {}, 1000); return 42', '10s', 0],
    // Not a timer: its host could hear of the end of its input before the time is over, and leave in peace.
    ['and then never rests is ended with a warning', 'setImmediate(() => { for (;;); }); return 42', '300ms', 1],
  ])('does not keep a result waiting: an SDK action that has one %s', async (_title, body, exitGrace, warnings) => {
    const config = {'autokestra.yaml': `limits: {killGrace: 300ms, exitGrace: ${exitGrace}}\n`}
    const {exitCode, task, project} = await runTask({...config, ...sdkPlugin('p', actionSource(body))}, 'test/p.act')
    expect(exitCode).toBe(0)
    expect(task('t').output).toBe(42)
    expect((await project.events()).filter((event) => event.type === 'diagnostic' && event.code === 'PROCESS_LINGERED')).toHaveLength(
      warnings,
    )
  })

  it('a plain plugin that closes its output after the result and hangs is at its timeout', async () => {
    const {exitCode, error} = await runTask(shellPlugin('p', 'echo 1; exec >&- 2>&-; sleep 1000'), 'test/p.act', '    timeout: 500ms\n')
    expect(exitCode).toBe(1)
    expect(error('t').code).toBe('TIMEOUT')
  })
})
