import {readFileSync} from 'node:fs'
import path from 'node:path'
import {inspect} from 'node:util'
import {describe, expect, it, onTestFinished} from 'vitest'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {runKeyCommand} from '../../../src/lib/processes/run-key-command.ts'
import {isAlive, processesIn, until} from '../../rig/processes.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const env = {PATH: process.env['PATH']}

async function refusal(command: string, options: Parameters<typeof runKeyCommand>[2] = {}): Promise<WorkflowError> {
  const error = await runKeyCommand(command, env, options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof WorkflowError) return error
  throw new Error('no WorkflowError', {cause: error})
}

/** The process ids a command has written to a file, one on each line. They are ended with the test. */
function pidsIn(file: string): number[] {
  const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number)
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  return pids
}

describe('the key command', () => {
  it('is run by a shell, and its output is given as it is', async () => {
    expect((await runKeyCommand('printf "%s\\n" "a  b" | tr a A', env)).toString()).toBe('A  b\n')
    expect(await runKeyCommand("printf '\\377\\000\\n'", env)).toEqual(Buffer.from([0xff, 0, 0x0a]))
    expect((await runKeyCommand('true', env)).length).toBe(0)
    expect((await runKeyCommand('head -c 65536 /dev/zero', env)).length).toBe(65_536)
  })

  it('has the environment, but not the variable it stands in: a command that runs this program would never end', async () => {
    const output = await runKeyCommand('env', {...env, TOKEN: 'x', AUTOKESTRA_SECRET_KEY_CMD: 'env', NONE: undefined})
    const names = output
      .toString()
      .split('\n')
      .map((line) => line.split('=')[0])
    expect(names).toContain('TOKEN')
    expect(names).not.toContain('AUTOKESTRA_SECRET_KEY_CMD')
    expect(names).not.toContain('NONE')
  })

  it.each([
    ['exit 3', 'failed with exit code 3'],
    ['no-such-program-anywhere 2> /dev/null', 'failed with exit code 127'],
    ['kill -TERM $$', 'was killed by SIGTERM'],
    ['yes', 'wrote more than 64 KiB, which is not a key'],
    ['head -c 65537 /dev/zero', 'wrote more than 64 KiB, which is not a key'],
  ])('%j is refused, and why', async (command, words) => {
    const error = await refusal(command)
    expect(error).toMatchObject({code: 'MASTER_KEY_INVALID', message: `the command of AUTOKESTRA_SECRET_KEY_CMD ${words}`})
    expect(error.hint).toContain('stdout')
  })

  it('is refused without a shell, with the reason', async () => {
    await expect(runKeyCommand('echo key', {PATH: '/nowhere'})).rejects.toMatchObject({
      code: 'MASTER_KEY_INVALID',
      message: expect.stringContaining('could not be started') as string,
    })
  })

  it('is not quoted when it fails, and neither is what it wrote', async () => {
    const error = await refusal('echo half-of-the-key; : token-in-the-command; exit 1')
    const shown = inspect(error, {depth: 9, showHidden: true})
    for (const secret of ['half-of-the-key', 'token-in-the-command', Buffer.from('half-of-the-key').toString('hex')]) {
      expect(shown).not.toContain(secret)
    }
  })

  it('is ended with its children when it takes too long, also those that ignore it', async () => {
    const directory = temporaryDir()
    const file = path.join(directory, 'pids')
    const command = `cd ${directory}; echo $$ > ${file}; sleep 1000 & echo $! >> ${file}; sh -c "trap '' TERM; while :; do sleep 1000; done" & echo $! >> ${file}; wait`
    const error = await refusal(command, {timeoutMs: 1000})
    expect(error.message).toBe('the command of AUTOKESTRA_SECRET_KEY_CMD took longer than 1 s')
    const pids = pidsIn(file)
    expect(pids.length).toBe(3)
    expect(pids.filter(isAlive)).toEqual([])
    expect(processesIn(directory)).toEqual([])
  })

  it('may leave something behind that runs on: it is neither waited for nor ended', async () => {
    const file = path.join(temporaryDir(), 'pids')
    const output = await runKeyCommand(`sleep 1000 & echo $! > ${file}; echo key`, env)
    expect(output.toString()).toBe('key\n')
    expect(pidsIn(file).map(isAlive)).toEqual([true])
  })

  it('speaks to the user on our stderr, and does not read what is piped into us', async () => {
    const script = await bundleScript(`
import {runKeyCommand} from 'src/lib/processes/run-key-command.ts'
const output = await runKeyCommand('cat; echo "touch your token" >&2; echo key', process.env)
console.log('output ' + output.toString().trim())
for await (const chunk of process.stdin) console.log('stdin ' + chunk.toString())
`)
    const child = runScript(script, [])
    child.stdin.end('the value')
    expect(await child.line('output ')).toBe('output key')
    expect(await child.line('stdin ')).toBe('stdin the value')
    expect(await child.exit).toMatchObject({code: 0, stderr: 'touch your token\n'})
  })

  it('may ask its questions on the terminal', async () => {
    const script = await bundleScript(`
import {runKeyCommand} from 'src/lib/processes/run-key-command.ts'
console.log('output ' + (await runKeyCommand('read answer; read other < /dev/tty; echo "$answer $other"', process.env)).toString().trim())
`)
    const directory = temporaryDir()
    const typed = path.join(directory, 'typed')
    // script(1) gives the program a terminal of its own and types what it is given.
    const child = runScript('-qec', [`${process.execPath} ${script}`, typed], {node: ['script']})
    child.stdin.write('first\nsecond\n')
    expect((await child.line('output ')).trim()).toBe('output first second')
    child.kill('SIGKILL')
    await until(() => !isAlive(child.pid))
  })
})
