// What else a task can say, for a step in a container: files, requirements, retries, items, hooks, scripts, a cache.

import {expect, it} from 'vitest'
import {deriveImage} from '../rig/docker-images.ts'
import {baseImage, describeInDocker} from '../rig/docker.ts'
import {containersOf, RestrictedProject} from '../rig/restricted-project.ts'

const container = {image: baseImage, network: 'none'}

function write(workflow: object): RestrictedProject {
  return new RestrictedProject({'w.yaml': JSON.stringify({id: 'boxed', container, ...workflow})})
}

const shell = (id: string, command: string, more: object = {}): object => ({id, type: 'core/shell.run', inputs: {command}, ...more})

const inside = 'test -x /usr/local/bin/node && test ! -e /usr/bin/apt-get && '
const hostname = 'cat /proc/sys/kernel/hostname'

describeInDocker('a step in a container', () => {
  it('gets its files and leaves some, and writes to the directory of the run', async () => {
    const project = write({
      vars: {home: ''},
      tasks: [
        shell('make', `${inside}cd "$AUTOKESTRA_FILES" && cat in.txt > out.txt && echo more >> out.txt`, {
          files: {in: {'in.txt': 'given\n'}, out: {result: 'out.txt'}},
        }),
        shell('read', `${inside}cat "$FILE"`, {needs: ['make'], env: {FILE: '{{ tasks.make.files.result.path }}'}}),
        shell('write', 'echo shared > "$DIR/note"', {needs: ['make'], env: {DIR: '{{ run.dir }}'}}),
        shell('again', 'cat "$DIR/note"', {needs: ['write'], env: {DIR: '{{ run.dir }}'}}),
        shell('apart', 'test -e "${HOME_OF_RUNS:-/nowhere}" || echo none', {needs: ['write'], env: {HOME_OF_RUNS: '{{ vars.home }}'}}),
      ],
    })
    const run = await project.runRestricted('w.yaml', ['--var', `home=${project.home}`])
    expect(run.exitCode, JSON.stringify(run.result)).toBe(0)
    expect(run.task('read').output).toMatchObject({stdout: 'given\nmore'})
    expect(run.task('again').output).toMatchObject({stdout: 'shared'})
    // It does not use the directory of the run.
    expect(run.task('apart').output).toMatchObject({stdout: 'none'})
  })

  it('asks its requirements in its container, and says which does not hold', async () => {
    const project = write({
      tasks: [
        shell('met', 'true', {require: [{command: `${inside}test -n "$A"`, message: 'not inside'}], env: {A: '1'}}),
        shell('unmet', 'touch ran', {
          require: [{command: 'no-such-tool --version', message: 'install it in the image'}],
          continueOnError: true,
        }),
      ],
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.task('met')).toMatchObject({status: 'succeeded'})
    expect(run.error('unmet')).toMatchObject({code: 'REQUIREMENT_FAILED', message: 'install it in the image'})
    expect(run.error('unmet').details?.join('\n')).toContain('no-such-tool')
    expect(project.has('ran')).toBe(false)
  })

  it('is asked by workflow check in its container if the image is there, and nothing is pulled, written or left', async () => {
    const require = [{command: `${inside}test -n "$A"`, message: 'not inside'}]
    const project = write({
      vars: {image: baseImage},
      container: {image: '{{ vars.image }}', network: 'none'},
      tasks: [
        shell('met', 'touch ran', {require, env: {A: '1'}}),
        shell('unmet', 'touch ran', {require: [{command: 'no-such-tool --version', message: 'install it in the image'}]}),
        shell('absent', 'touch ran', {container: {image: '127.0.0.1:1/no/such:v1'}, require}),
        shell('anew', 'touch ran', {container: {pull: 'always'}, require}),
        shell('items', 'touch ran', {matrix: {v: ['1']}, require}),
        shell('outside', 'touch ran', {container: false, require: [{command: `! { ${inside}true; }`, message: 'inside'}]}),
      ],
    })
    const {exitCode, stdout} = await project.docker(['check', 'w.yaml', '--json'])
    const {checks} = JSON.parse(stdout) as {checks: {kind: string; task?: string; status: string; message?: string}[]}
    const answers = checks.filter(({kind}) => kind === 'require').map(({task, status, message}) => [task, status, message])
    const later = 'asked during the run: in the container of the task'
    expect({exitCode, answers}).toEqual({
      exitCode: 1,
      answers: [
        ['met', 'ok', undefined],
        ['unmet', 'failed', 'install it in the image'],
        ['absent', 'later', later],
        ['anew', 'later', later],
        ['items', 'later', later],
        ['outside', 'ok', undefined],
      ],
    })
    expect(project.has('ran')).toBe(false)
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing of workflow check when that ends by %s', async (signal) => {
    const project = write({tasks: [shell('t', 'true', {require: [{command: 'echo > asking; sleep 600', message: 'm', timeout: '1h'}]})]})
    const running = project.startDocker(['check', 'w.yaml'])
    await project.appears('asking', running)
    running.kill(signal)
    await running.ended
    await expect.poll(() => containersOf(running.pid), {timeout: 10_000}).toEqual([])
  })

  it('is tried again in the same container', async () => {
    const project = write({
      tasks: [shell('t', `${hostname} >> hosts; test -e /tmp/tried || { touch /tmp/tried; exit 1; }`, {retry: {max: 2, delay: '1ms'}})],
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.task('t')).toMatchObject({status: 'succeeded', attempts: 2})
    const [first, second] = project.read('hosts').split('\n')
    expect(second).toBe(first)
  })

  it.each([
    [
      'core/python.run',
      'import os\nprint("seen")\nreturn [os.path.exists("/usr/local/bin/node"), inputs["n"] * 2, open("/proc/sys/kernel/hostname").read()]',
    ],
    [
      'core/node.run',
      'console.log("seen")\nconst {readFileSync, existsSync} = require("node:fs")\nreturn [existsSync("/usr/local/bin/node"), inputs.n * 2, readFileSync("/proc/sys/kernel/hostname", "utf8")]',
    ],
  ])('runs scripts of %s for items, beside commands', async (type, script) => {
    const project = write({
      tasks: [
        {id: 'each', type, forEach: {items: [1, 2, 3]}, inputs: {script, n: '{{ item }}'}},
        {
          id: 'wrong',
          type,
          inputs: {script: type === 'core/python.run' ? 'raise ValueError("bad input")' : 'throw new Error("bad input")'},
          continueOnError: true,
        },
        shell('host', hostname, {needs: ['each']}),
      ],
      hooks: {finally: [shell('last', `${inside}${hostname} > hook.txt`)]},
      outputs: {all: '{{ tasks.each.output }}', host: '{{ tasks.host.output.stdout }}'},
    })
    const run = await project.runRestricted('w.yaml')
    const {all, host} = run.result.outputs as {all: unknown; host: string}
    expect(all).toEqual([1, 2, 3].map((n) => [true, n * 2, `${host}\n`]))
    expect(project.read('hook.txt')).toBe(`${host}\n`)
    expect(await project.logOf('each[0]')).toContain('seen')
    expect([run.error('wrong').message, ...(await project.logOf('wrong'))].join('\n')).toContain('bad input')
  })

  it.each([
    ['core/python.run', 'import subprocess, time\nsubprocess.Popen(["sleep", "303"])\nprint("up")\ntime.sleep(304)'],
    [
      'core/node.run',
      'require("node:child_process").spawn("sleep", ["303"])\nconsole.log("up")\nawait new Promise(() => setInterval(() => {}, 304))',
    ],
  ])('ends a script of %s at its timeout, with what it has started', async (type, script) => {
    const project = write({
      tasks: [
        {id: 'slow', type, timeout: '2s', inputs: {script}, continueOnError: true},
        shell('look', `for dir in /proc/[0-9]*; do tr "\\0" " " < $dir/cmdline 2>/dev/null; done`, {needs: ['slow']}),
      ],
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.error('slow')).toMatchObject({code: 'TIMEOUT'})
    expect(await project.logOf('slow')).toContain('up')
    const {stdout} = run.task('look').output as {stdout: string}
    expect(stdout).toContain('sh -c')
    expect(stdout).not.toContain('sleep 303')
  })

  it('runs scripts in a restricted workflow, with what is granted', async () => {
    const project = write({
      security: 'restricted',
      container: {image: baseImage},
      permissions: {filesystem: {read: ['./data']}},
      tasks: [
        {id: 'python', type: 'core/python.run', inputs: {script: 'return open("data/x.txt").read()'}},
        {id: 'node', type: 'core/node.run', inputs: {script: 'return require("node:fs").readFileSync("data/x.txt", "utf8")'}},
        {id: 'closed', type: 'core/node.run', inputs: {script: 'return require("node:fs").existsSync("other.txt")'}},
      ],
    })
    project.write({'data/x.txt': 'granted', 'other.txt': 'no'})
    const run = await project.runRestricted('w.yaml')
    expect(run.exitCode, JSON.stringify(run.result)).toBe(0)
    expect(['python', 'node', 'closed'].map((id) => run.task(id).output)).toEqual(['granted', 'granted', false])
  })

  it('says what the image lacks for a script', async () => {
    const project = write({
      tasks: ['core/python.run', 'core/node.run'].map((type, index) => ({
        ...{id: `t${String(index)}`, type, env: {PATH: '/nowhere'}, inputs: {script: 'return 1'}, continueOnError: true},
      })),
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.error('t0')).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND', message: expect.stringContaining("'python3'") as string})
  })

  it('is found in the cache until its image is another one, and explain says so', async () => {
    const name = `autokestra-test-cached-${String(process.pid)}`
    await deriveImage(name, {FLAVOUR: 'second'})
    const project = write({
      vars: {image: baseImage},
      container: {image: '{{ vars.image }}', network: 'none'},
      tasks: [shell('t', 'echo "<$FLAVOUR>"', {cache: {}})],
    })
    const factOf = async (args: readonly string[] = []): Promise<unknown> => {
      const run = await project.runRestricted('w.yaml', args)
      return [run.task('t').cache, (run.task('t').output as {stdout: string}).stdout]
    }
    expect(await factOf()).toEqual([{isHit: false, reasons: ['no earlier result']}, '<>'])
    expect(await factOf()).toMatchObject([{isHit: true}, '<>'])
    expect(await factOf(['--var', `image=${name}`])).toEqual([{isHit: false, reasons: ['image changed']}, '<second>'])
    const explained = await project.run(['explain', 'latest', 't'])
    expect(explained.stdout).toContain('image changed')
    const dry = await project.run(['run', 'w.yaml', '--dry-run', '--var', 'image=another'])
    expect(dry.stdout).toContain('image changed')
  })

  it('has the image that a computed var names; the var is computed on this machine', async () => {
    const project = write({
      vars: {image: {command: `test -e host.txt && echo ${baseImage}`}},
      container: {image: '{{ vars.image }}', network: 'none', pull: 'never'},
      tasks: [shell('t', `${inside}echo "$IMAGE"`, {env: {IMAGE: '{{ vars.image }}'}})],
    })
    project.write({'host.txt': ''})
    const run = await project.runRestricted('w.yaml')
    expect(run.exitCode, JSON.stringify(run.result)).toBe(0)
    expect(run.task('t').output).toMatchObject({stdout: baseImage})
  })
})
