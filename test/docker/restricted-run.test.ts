// Restricted workflows from the file to the container and back, with the built command: what tasks get, what they are refused, and what is left of them.

import {chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {describeInDocker, dockerClient} from '../rig/docker.ts'
import {startServer} from '../rig/egress.ts'
import {actionSource, oneTask, sdkPlugin, shellPlugin, type FinishedRun} from '../rig/project.ts'
import {redirectedAddress, redirectEnv} from '../rig/redirect.ts'
import {containersOf, openEngineFor, removeImages, RestrictedProject} from '../rig/restricted-project.ts'
import {builtCommand, runWorkflow} from '../rig/workflow-command.ts'

const restricted = (permissions: string, tasks: string, more = ''): string =>
  `id: w\nsecurity: restricted\nfailFast: false\n${permissions === '' ? '' : `permissions: ${permissions}\n`}${more}tasks:\n${tasks}`

const nobody = process.getuid?.() === 0 ? 65_534 : process.getuid?.()

/** Runs the shell script that the input `script` holds, and answers with what it printed. */
const runner = shellPlugin(
  'restricted-runner',
  `input=$(cat); script=$(node -e 'process.stdout.write(JSON.parse(process.argv[1]).script)' "$input")
out=$(sh -c "$script" 2>&1); code=$?
node -e 'console.log(JSON.stringify({code: Number(process.argv[1]), out: process.argv[2]}))' "$code" "$out"
`,
)
const runnerTask = (id: string, script: string, more = ''): string =>
  `  - id: ${id}\n    type: test/restricted-runner.act\n    inputs: {script: ${JSON.stringify(script)}}\n    timeout: 60s\n${more}`

interface Ran {
  readonly code: number
  readonly out: string
}

function outputOf(run: FinishedRun, task: string): Ran {
  const {output, error} = run.task(task)
  if (output === undefined) throw new Error(`${task} has no output: ${JSON.stringify(error)}`)
  return output as unknown as Ran
}

/** Runs scripts, one task each, and answers with what they printed. */
async function runScripts(
  project: RestrictedProject,
  permissions: string,
  scripts: Readonly<Record<string, string>>,
): Promise<Record<string, Ran>> {
  project.write({
    ...runner,
    'w.yaml': restricted(
      permissions,
      Object.entries(scripts)
        .map(([id, script]) => runnerTask(id, script))
        .join(''),
    ),
  })
  await project.build('test/restricted-runner')
  const run = await project.runRestricted('w.yaml')
  return Object.fromEntries(Object.keys(scripts).map((id) => [id, outputOf(run, id)]))
}

describeInDocker('a restricted workflow', () => {
  it('gives the same result as a trusted one', async () => {
    const tasks = `  - id: read
    type: test/same-shell.act
    env: {GREETING: '{{ vars.greeting }}'}
    inputs: {file: data/x.txt}
  - id: think
    type: test/same-typed.act
    needs: [read]
    inputs: {text: '{{ tasks.read.output.text }}'}
  - id: write
    type: core/shell.run
    needs: [think]
    env: {TEXT: '{{ tasks.think.output.text }}'}
    inputs: {command: 'pwd; echo "$TEXT" > out/result.txt; cat out/result.txt', parse: lines}
outputs: {text: '{{ tasks.think.output }}', lines: '{{ tasks.write.output.value }}'}
`
    const body = 'permissions: {filesystem: {read: [./data], write: [./out]}}\nvars: {greeting: Hello}\n'
    const project = new RestrictedProject({
      'data/x.txt': 'Wörld',
      'trusted.yaml': `id: same\n${body}tasks:\n${tasks}`,
      'restricted.yaml': `id: same\nsecurity: restricted\n${body}tasks:\n${tasks}`,
      ...shellPlugin('same-shell', 'cat > /dev/null; printf \'{"text": "%s, %s!", "action": "%s"}\' "$GREETING" "$(cat data/x.txt)" "$1"'),
      ...sdkPlugin(
        'same-typed',
        actionSource(
          "const text: string = input.text; context.log.info('got ' + text, {size: text.length}); return {text: text.toUpperCase(), run: context.run.task, files: (await readdir('data')).sort()}",
          "import {readdir} from 'node:fs/promises'",
        ).replace('(input, context)', '(input: any, context: any)'),
        {main: 'src/index.ts'},
      ),
    })
    project.share('out')
    await project.build('test/same-shell', 'test/same-typed', 'core/shell')
    const contained = await project.runRestricted('restricted.yaml')
    const log = await project.logOf('think')
    const trusted = await project.runJson('trusted.yaml')
    expect({contained: contained.exitCode, trusted: trusted.exitCode}).toEqual({contained: 0, trusted: 0})
    expect(contained.result.outputs).toEqual(trusted.result.outputs)
    expect(contained.result.outputs).toEqual({
      text: {text: 'HELLO, WÖRLD!', run: 'think', files: ['x.txt']},
      lines: [project.dir, 'HELLO, WÖRLD!'],
    })
    expect(log).toEqual(await project.logOf('think'))
    expect(contained.task('write').output).toEqual(trusted.task('write').output)
    expect(contained.task('think').metrics).toMatchObject({exitCode: 0, peakMemoryBytes: expect.any(Number) as number})
    expect(contained.task('think').metrics).not.toHaveProperty('networkRequests')
  })

  it('does not begin before every image is there and current, and says which are not', async () => {
    // Of this test alone: nobody has built them before.
    const [one, two] = [`image-one-${String(process.pid)}`, `image-two-${String(process.pid)}`] as const
    onTestFinished(async () => {
      for (const name of [one, two]) await removeImages(`test/${name}`)
    })
    const project = new RestrictedProject({
      ...shellPlugin(one, 'echo'),
      ...shellPlugin(two, 'echo'),
      'w.yaml': restricted(
        '',
        `  - {id: a, type: test/${one}.act}\n  - {id: b, type: test/${two}.act}\n  - {id: c, type: test/${two}.act}\n`,
      ),
    })
    await project.build(`test/${one}`)
    project.write({[`plugins/${one}/added.txt`]: 'more'})
    const both = await project.docker(['run', 'w.yaml'])
    expect(both.exitCode).toBe(5)
    expect(both.stderr).toContain('error[IMAGE_MISSING]: Before the run: 2 images must be built.')
    expect(both.stderr).toContain(`hint: workflow plugin build test/${two} && workflow plugin build test/${one}`)
    await project.build(`test/${two}`)
    const stale = await project.docker(['run', 'w.yaml'])
    expect(stale.exitCode).toBe(5)
    expect(stale.stderr).toContain(`error[IMAGE_STALE]: Before the run: plugin "test/${one}" has changed since its image was built.`)
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  describe('and files', () => {
    it('has what is granted, by its own path, and nothing besides', async () => {
      const project = new RestrictedProject({'data/x.txt': 'x', 'secret.txt': 'no', 'data/deep/y.txt': 'y'})
      const out = project.share('out')
      const {granted, absent, readOnly, home, write} = await runScripts(project, '{filesystem: {read: [./data], write: [./out]}}', {
        granted: `pwd; cat data/x.txt; cat ${project.dir}/data/deep/y.txt; id -u`,
        absent: `ls -A; ls ${project.dir}/secret.txt /root/.ssh /etc/shadow ${project.home} /var/run/docker.sock 2>&1 | grep -v "No such"`,
        readOnly:
          'for f in data/new data/x.txt data/deep/new ./new; do echo x > $f && echo "wrote $f"; done; mkdir data/dir; rm -f data/x.txt; chmod 777 data/x.txt; ln -s /etc data/link; true',
        home: 'echo $HOME $TMPDIR; touch $HOME/ok && echo ok; touch /etc/x; cd / && touch x',
        write: 'echo written > out/file; mkdir out/dir; ls out',
      })
      expect(granted).toEqual({code: 0, out: `${project.dir}\nxy${String(nobody)}`})
      expect(absent?.out).toBe('data\nout')
      expect(readOnly?.out).not.toContain('wrote')
      expect(readFileSync(project.path('data/x.txt'), 'utf8')).toBe('x')
      expect(home?.out).toMatch(/^\/tmp \/tmp\nok\n(?:.*Read-only file system\n?){2}$/)
      expect(write?.out).toBe('dir\nfile')
      expect(statSync(path.join(out, 'file')).uid).toBe(nobody)
    })

    it('has less in a task that asks for less, and none where none is granted', async () => {
      const project = new RestrictedProject({...runner, 'data/a/x.txt': 'x', 'data/b/y.txt': 'y'})
      project.share('out')
      const look = 'ls -A data out; pwd; touch out/x'
      project.write({
        'w.yaml': restricted(
          '{filesystem: {read: [./data], write: [./out]}}',
          runnerTask('less', look, '    permissions: {filesystem: {read: [./data/a, ./out]}}\n') +
            runnerTask('none', look, '    permissions: {filesystem: {}}\n') +
            runnerTask('same', look, '    permissions: {network: []}\n'),
        ),
      })
      await project.build('test/restricted-runner')
      const run = await project.runRestricted('w.yaml')
      expect(outputOf(run, 'less').out).toMatch(/^data:\na\n\nout:\n[^]*Read-only file system$/)
      expect(outputOf(run, 'none').out).not.toContain('data:')
      expect(outputOf(run, 'none').out).toContain('/tmp\n')
      expect(outputOf(run, 'same')).toMatchObject({code: 0, out: expect.stringMatching(/^data:\na\nb\n\nout:/) as string})
    })

    it('does not follow links of granted directories out of them', async () => {
      const project = new RestrictedProject({'data/x.txt': 'x', 'secret.txt': 'secret'})
      symlinkSync('../secret.txt', project.path('data/link'))
      symlinkSync('/etc', project.path('data/etc'))
      const {look} = await runScripts(project, '{filesystem: {read: [./data]}}', {
        look: 'cat data/link; cat data/etc/hostname; ls data/etc/shadow',
      })
      expect(look?.out).not.toContain('secret\n')
      expect(look?.out).toMatch(/No such file/)
      expect(look?.out).not.toContain(readFileSync('/etc/hostname', 'utf8').trim())
    })

    it('belongs to the caller, also when that is not root', async () => {
      const project = new RestrictedProject({
        ...runner,
        'w.yaml': restricted('{filesystem: {write: [./out]}}', runnerTask('t', 'echo $(id -u):$(id -g) > out/file')),
      })
      project.share('out')
      await project.build('test/restricted-runner')
      const env = {DOCKER_HOST: await openEngineFor('everybody')}
      for (const name of ['.', 'plugins', 'plugins/restricted-runner']) chmodSync(project.path(name), 0o755)
      const home = path.join(project.share('homes'), 'home')
      // Somebody every system knows, with the right to read kept, and so its way into this checkout.
      const become = [
        'setpriv',
        '--reuid=1',
        '--regid=1',
        '--clear-groups',
        '--inh-caps=+dac_read_search',
        '--ambient-caps=+dac_read_search',
      ] as const
      const isRoot = process.getuid?.() === 0
      const {exitCode, stderr} = await runWorkflow(['run', 'w.yaml'], {
        home,
        cwd: project.dir,
        env,
        ...(isRoot && {command: [...become, process.execPath, builtCommand]}),
      })
      expect({exitCode, stderr}).toMatchObject({exitCode: 0})
      const uid = isRoot ? 1 : process.getuid?.()
      expect(statSync(project.path('out/file'))).toMatchObject({uid})
      expect(readFileSync(project.path('out/file'), 'utf8')).toMatch(new RegExp(`^${String(uid)}:`))
    })

    it.runIf(process.getuid?.() === 0)('says when the user of the containers may not use them', async () => {
      const project = new RestrictedProject({
        ...runner,
        'data/x': '',
        'w.yaml': restricted('{filesystem: {read: [./data], write: [./out]}}', runnerTask('t', 'touch out/x')),
      })
      mkdirSync(project.path('out'), {mode: 0o755})
      await project.build('test/restricted-runner')
      const run = await project.runRestricted('w.yaml')
      expect(outputOf(run, 't').out).toContain('Permission denied')
      const events = await project.events()
      expect(events.filter(({type}) => type === 'diagnostic')).toMatchObject([
        {code: 'GRANT_NOT_USABLE', message: expect.stringContaining(`chown -R 65534:65534 ${project.dir}/out`) as string},
      ])
    })
  })

  describe('and the network', () => {
    const fetcher = sdkPlugin(
      'restricted-fetcher',
      actionSource(
        'const answers = []; for (const url of input.urls) { try { const answer = await context.fetch(url); answers.push(await answer.text()) } catch (error) { answers.push(String(error.message)) } } return answers',
      ),
    )

    it('reaches what is granted; every refusal is a line of its log, and all are counted', async () => {
      const {port, requests} = await startServer()
      const base = `http://${redirectedAddress}:${String(port)}`
      const task = (id: string, urls: readonly string[], more = ''): string =>
        `  - id: ${id}\n    type: test/restricted-fetcher.act\n    inputs: {urls: ${JSON.stringify(urls)}}\n${more}`
      const project = new RestrictedProject({
        ...fetcher,
        'w.yaml': restricted(
          `{network: ["${base}/v1/*"]}`,
          task('allowed', [`${base}/v1/x`, `${base}/v1/y`]) +
            task('refused', [`${base}/v2`, `${base}/v1/../v2`, 'http://other.test/', `${base}/v1/x`]) +
            task('none', [`${base}/v1/x`], '    permissions: {network: []}\n'),
        ),
      })
      await project.build('test/restricted-fetcher')
      const run = await project.runRestricted('w.yaml', [], redirectEnv())
      expect(run.task('allowed')).toMatchObject({output: ['hello', 'hello'], metrics: {networkRequests: 2, networkRefusals: 0}})
      expect(run.task('refused').metrics).toMatchObject({networkRequests: 1, networkRefusals: 3})
      expect(run.task('refused').output).toMatchObject([expect.stringMatching(/refused/i), expect.any(String), expect.any(String), 'hello'])
      expect(await project.logOf('refused')).toEqual([
        `network: refused GET ${base}/v2: no rule grants this path; permissions.network would allow it with '${base}/v2'`,
        `network: refused GET ${base}/v2: no rule grants this path; permissions.network would allow it with '${base}/v2'`,
        "network: refused GET http://other.test/: no rule grants this host; permissions.network would allow it with 'http://other.test/'",
      ])
      expect(run.task('none').output).not.toEqual(['hello'])
      expect(requests.map(({url}) => url).sort()).toEqual(['/v1/x', '/v1/x', '/v1/y'])
    })

    it('has none where none is granted', async () => {
      const {look} = await runScripts(new RestrictedProject(), '', {
        look: `node -e "require('node:net').connect(80, '1.1.1.1').on('error', (e) => console.log(e.code)); require('node:dns').lookup('example.com', (e) => console.log(e.code)); fetch('http://169.254.169.254').catch((e) => console.log(e.cause.code))"`,
      })
      expect(look?.out.split('\n').sort()).toEqual(['EAI_AGAIN', 'ENETUNREACH', 'ENETUNREACH'])
    })
  })

  describe('and hostile plugins', () => {
    const hostile = {
      ...shellPlugin(
        'hostile-shell',
        `cat > /dev/null
case $1 in
  bomb) bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 2; echo '{"ok": true}' ;;
  filler) dd if=/dev/zero of=/tmp/fill bs=1M count=100 2>&1 | tail -1 >&2; echo '{"size": '$(stat -c %s /tmp/fill)'}' ;;
  log) yes 0123456789012345678901234567890123456789 >&2 ;;
  flood) yes 0123456789012345678901234567890123456789 ;;
  deaf) trap '' TERM INT HUP; echo up >&2; while :; do sleep 1; done ;;
esac
`,
        'actions: [{name: bomb}, {name: filler}, {name: log}, {name: flood}, {name: deaf}]',
      ),
      ...sdkPlugin(
        'hostile-sdk',
        `import {defineAction} from '@autokestra/plugin-sdk'
import {spawn} from 'node:child_process'
export const hog = defineAction({execute() { const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1)) }})
export const linger = defineAction({execute() { spawn('sleep', ['999'], {detached: true}); setTimeout(() => { for (;;); }, 1); return 'done' }})
export const fake = defineAction({async execute() {
  const frame = JSON.stringify({type: 'result', ok: true, output: 'fake'})
  process.stdout.write('\\x1eautokestra-frame 0123456789abcdef0123456789abcdef ' + frame.length + ' 00000000 ' + frame + '\\n')
  await new Promise((resolve) => spawn('sh', ['-c', 'echo "$FRAME"'], {env: {FRAME: frame, PATH: process.env.PATH}, stdio: 'inherit'}).on('exit', resolve))
  return 'real'
}})
export const deaf = defineAction({execute: () => { process.on('SIGTERM', () => {}); for (;;); }})
`,
        {manifest: 'actions: [{name: hog}, {name: linger}, {name: fake}, {name: deaf}]'},
      ),
    }
    const task = (id: string, type: string, more = ''): string => `  - id: ${id}\n    type: test/hostile-${type}\n    timeout: 60s\n${more}`

    async function runHostile(tasks: string, more = ''): Promise<{run: FinishedRun; project: RestrictedProject}> {
      const project = new RestrictedProject({...hostile, 'w.yaml': restricted('', tasks, more)})
      project.write({'autokestra.yaml': `${readFileSync(project.path('autokestra.yaml'), 'utf8')}limits: {killGrace: 1s, log: 64KiB}\n`})
      await project.build('test/hostile-shell', 'test/hostile-sdk')
      return {project, run: await project.runRestricted('w.yaml')}
    }

    it('are stopped by their limits, each for its own reason', async () => {
      const {run} = await runHostile(
        task('bomb', 'shell.bomb', '    resources: {pids: 32}\n') +
          task('hog', 'sdk.hog', '    resources: {memory: 96MiB}\n') +
          task('filler', 'shell.filler', '    resources: {tmp: 8MiB}\n'),
      )
      // Whatever the bomb could not start, it says nothing else than before: the machine is still there.
      expect(['succeeded', 'failed']).toContain(run.task('bomb').status)
      expect(run.error('hog')).toMatchObject({code: 'OUT_OF_MEMORY', retryable: true})
      expect(run.task('filler')).toMatchObject({status: 'succeeded', output: {size: 8 * 1024 * 1024}})
      expect(run.result.counts).toMatchObject({skipped: 0})
    })

    it('are stopped by their timeout or the size of what they print', async () => {
      const {run, project} = await runHostile(
        task('log', 'shell.log').replace('60s', '3s') +
          task('flood', 'shell.flood') +
          task('deaf', 'shell.deaf').replace('60s', '3s') +
          task('busy', 'sdk.deaf').replace('60s', '3s'),
      )
      expect(run.error('log').code).toBe('TIMEOUT')
      expect(run.error('flood').code).toBe('OUTPUT_TOO_LARGE')
      expect(run.error('deaf').code).toBe('TIMEOUT')
      expect(run.error('busy').code).toBe('TIMEOUT')
      const events = await project.events()
      expect(events.some((event) => event.type === 'diagnostic' && event.code === 'LOG_TRUNCATED' && event.task === 'log')).toBe(true)
    })

    it('cannot give a false result, nor live on after a true one', async () => {
      const {run, project} = await runHostile(task('fake', 'sdk.fake') + task('linger', 'sdk.linger'))
      expect(run.task('fake')).toMatchObject({status: 'succeeded', output: 'real'})
      expect((await project.logOf('fake')).join('\n')).toContain('"output":"fake"')
      expect(run.task('linger')).toMatchObject({status: 'succeeded', output: 'done'})
      const events = await project.events()
      expect(events.some((event) => event.type === 'diagnostic' && event.code === 'PROCESS_LINGERED')).toBe(true)
    })
  })

  describe('that is stopped', () => {
    const slow = {
      ...shellPlugin('restricted-slow', 'cat > /dev/null; echo "up" >&2; sleep 300'),
      ...sdkPlugin(
        'restricted-slow-sdk',
        actionSource("console.log('up too'); await new Promise((resolve) => setTimeout(resolve, 300_000))"),
      ),
      'w.yaml': restricted(
        '',
        '  - {id: a, type: test/restricted-slow.act, timeout: 10m}\n  - {id: b, type: test/restricted-slow-sdk.act, timeout: 10m}\n',
      ),
    }

    it('by Ctrl-C leaves no container', async () => {
      const project = new RestrictedProject(slow)
      await project.build('test/restricted-slow', 'test/restricted-slow-sdk')
      const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
      await Promise.all([command.printed('a | up'), command.printed('b | up too')])
      expect((await containersOf(command.pid)).length).toBeGreaterThanOrEqual(2)
      command.kill('SIGINT')
      expect(await command.ended).toMatchObject({exitCode: 130})
      expect(await containersOf(command.pid)).toEqual([])
      const events = await project.events()
      expect(events.at(-1)).toMatchObject({type: 'run.finished', status: 'cancelled', counts: {cancelled: 2}})
    })

    it('by SIGKILL leaves none after the next start', async () => {
      const project = new RestrictedProject({...slow, ...runner, 'next.yaml': restricted('', runnerTask('t', 'true'))})
      await project.build('test/restricted-slow', 'test/restricted-slow-sdk', 'test/restricted-runner')
      const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
      await Promise.all([command.printed('a | up'), command.printed('b | up too')])
      command.kill('SIGKILL')
      await command.ended
      expect((await containersOf(command.pid)).length).toBeGreaterThan(0)
      expect(await project.runRestricted('next.yaml')).toMatchObject({exitCode: 0})
      expect(await containersOf(command.pid)).toEqual([])
    })
  })

  it('runs twenty tasks side by side', async () => {
    const echo = sdkPlugin('restricted-echo', actionSource('return {n: input.n, seen: (globalThis.seen = (globalThis.seen ?? 0) + 1)}'))
    const tasks = Array.from(
      {length: 20},
      (_, n) => `  - {id: t${String(n)}, type: test/restricted-echo.act, inputs: {n: ${String(n)}}, timeout: 2m}\n`,
    )
    const project = new RestrictedProject({...echo, 'w.yaml': restricted('', tasks.join(''))})
    await project.build('test/restricted-echo')
    const run = await project.runRestricted('w.yaml', ['--concurrency', '20'])
    expect(run).toMatchObject({exitCode: 0})
    // Each in a container that nobody has used before.
    expect(run.result.tasks.map(({output}) => output)).toEqual(tasks.map((_, n) => ({n, seen: 1})))
  })

  it('uses a container again where the plugin allows it, and only for the same grants', async () => {
    const body = 'return {seen: (globalThis.seen = (globalThis.seen ?? 0) + 1)}'
    const task = (id: string, needs: string, more = ''): string =>
      `  - {id: ${id}, type: test/restricted-reuse.act, needs: [${needs}]${more}}\n`
    const project = new RestrictedProject({
      ...sdkPlugin('restricted-reuse', actionSource(body), {manifest: 'worker: reuse\nactions: [{name: act}]'}),
      'data/x': '',
      'w.yaml': restricted(
        '{filesystem: {read: [./data]}}',
        task('a', '') + task('b', 'a') + task('c', 'b', ', permissions: {filesystem: {}}') + task('d', 'c'),
      ),
    })
    await project.build('test/restricted-reuse')
    const run = await project.runRestricted('w.yaml')
    expect(run.result.tasks.map(({output}) => output)).toEqual([{seen: 1}, {seen: 2}, {seen: 1}, {seen: 3}])
  })

  it('hands secrets to the tasks that name them, and to nobody else', async () => {
    const secrets = {KEY: `p"a ss'w\\o&<r>d/+é$-%`, PLAIN: 'canary-plain-77aa'}
    const project = new RestrictedProject({
      ...runner,
      ...sdkPlugin(
        'restricted-secret',
        actionSource(
          "console.log('key is ' + input.key); console.error(process.env.PLAIN); return {size: input.key.length, plain: process.env.PLAIN}",
        ),
      ),
      'w.yaml': restricted(
        '',
        `  - {id: sdk, type: test/restricted-secret.act, inputs: {key: '{{ secrets.KEY }}'}, env: {PLAIN: '{{ secrets.PLAIN }}'}}\n${runnerTask('plain', 'echo "$PLAIN"; env', "    env: {PLAIN: '{{ secrets.PLAIN }}'}\n")}${runnerTask('other', 'env; cat /proc/*/environ 2>/dev/null')}`,
        'secrets: [KEY, PLAIN]\n',
      ),
    })
    for (const [name, value] of Object.entries(secrets)) {
      expect(await project.run(['secrets', 'set', name, '--stdin', '--raw'], {input: value})).toMatchObject({exitCode: 0})
    }
    await project.build('test/restricted-runner', 'test/restricted-secret')
    const run = await project.runRestricted('w.yaml')
    expect(run).toMatchObject({exitCode: 0})
    expect(run.task('sdk').output).toEqual({size: secrets.KEY.length, plain: '***SECRET***'})
    expect(outputOf(run, 'plain').out).toContain('***SECRET***')
    expect(outputOf(run, 'other').out).not.toContain('SECRET***')
    const shown = await project.run(['runs', 'show', '--events'])
    const logs = await project.run(['runs', 'logs'])
    const images = JSON.stringify(await (await dockerClient()).listImages({'dev.autokestra.plugin': ''}))
    expectNoLeaks(secrets, project.home, {
      stdout: run.stdout,
      stderr: run.stderr,
      events: shown.stdout,
      logs: logs.stdout + logs.stderr,
      images,
    })
  })

  it('fails where there is no Docker before anything starts', async () => {
    const project = new RestrictedProject({
      ...runner,
      'w.yaml': restricted('{filesystem: {write: [./out]}}', runnerTask('t', 'touch out/done')),
    })
    project.share('out')
    await project.build('test/restricted-runner')
    const none = path.join(project.dir, 'none.sock')
    expect(await project.run(['run', 'w.yaml'], {env: {DOCKER_HOST: `unix://${none}`}})).toMatchObject({exitCode: 8})
    writeFileSync(none, '')
    expect(await project.run(['run', 'w.yaml'], {env: {DOCKER_HOST: `unix://${none}`}})).toMatchObject({exitCode: 8})
    expect(project.has('out/done')).toBe(false)
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  it('may be planned and validated without Docker', async () => {
    const project = new RestrictedProject({...runner, 'w.yaml': `security: restricted\n${oneTask('test/restricted-runner.act')}`})
    const env = {DOCKER_HOST: 'unix:///nowhere.sock'}
    expect(await project.run(['validate', 'w.yaml'], {env})).toMatchObject({exitCode: 0})
    expect(await project.run(['run', 'w.yaml', '--dry-run'], {env})).toMatchObject({exitCode: 0})
  })
})
