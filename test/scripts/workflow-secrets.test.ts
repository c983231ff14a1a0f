// Secrets in runs, from the store to the last byte that is kept: who gets them, and that nobody else ever sees them.

import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {describe, expect, it} from 'vitest'
import {openDatabase} from '../../src/lib/storage/database.ts'
import {expectNoLeaks, filesBelow, findLeaks, writtenForms} from '../rig/canary.ts'
import {actionSource, oneTask, Project, sdkPlugin, shellPlugin} from '../rig/project.ts'
import {until} from '../rig/processes.ts'
import {storeSecrets} from '../rig/secret-store.ts'
import {Terminal} from '../rig/terminal.ts'
import type {CommandResult} from '../rig/workflow-command.ts'

/** Awkward for shells, JSON, URLs and regular expressions. Its template is spaced as in none of the workflows, which the journal keeps. */
const awkward = `p"a ss'w\\o&<r>d/+é$-%{{ secrets  .KEY }}$&`
const pem = '-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7bq\n+/x8Zq\n-----END KEY-----'
const secrets = {KEY: awkward, PEM: pem, PLAIN: 'canary-plain-5f1d', PIN: '90817263'}

/** Everything the command can tell about a run afterwards, in all its forms. */
async function aftermath(project: Project): Promise<Record<string, string>> {
  const questions = [
    ['runs', 'list'],
    ['runs', 'list', '--json'],
    ['runs', 'show'],
    ['runs', 'show', '--json'],
    ['runs', 'show', '--events'],
    ['runs', 'logs'],
    ['runs', 'logs', '--json'],
  ]
  const answers = await Promise.all(
    questions.map(async (args) => {
      const {stdout, stderr} = await project.run(args)
      return [args.join(' '), stdout + stderr] as const
    }),
  )
  const places = Object.fromEntries(answers)
  expect(Object.values(places).join('')).not.toBe('')
  return places
}

/** How many outputs are kept encrypted, without what tells the secrets of the run. */
async function countSealed(project: Project): Promise<number> {
  const db = await openDatabase(path.join(project.home, 'autokestra.db'), {readonly: true})
  try {
    return db.prepare<[], {count: number}>("SELECT count(*) AS count FROM sealed_outputs WHERE task NOT LIKE ':%'").get()?.count ?? 0
  } finally {
    db.close()
  }
}

/** Nothing of the secrets is in the home, in what the command printed, or in what can be asked about the run. */
async function expectClean(
  project: Project,
  known: Readonly<Record<string, string>>,
  ran: CommandResult,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  expectNoLeaks(known, project.home, {stdout: ran.stdout, stderr: ran.stderr, ...more, ...(await aftermath(project))})
}

/** Prints a value of the environment byte by byte, each in a write of its own. */
const piecemeal = `
const bytes = Buffer.from(process.env.SECRET)
for (const byte of bytes) {
  process.stdout.write(Buffer.from([byte]))
  await new Promise((resolve) => setTimeout(resolve, 2))
}
process.stdout.write('\\n')
`
/** Prints a value of the environment as programs write it. */
const everyForm = `
const value = process.env.SECRET
const bytes = Buffer.from(value)
const say = (text) => console.log('form: ' + text + ' end')
say(value)
say(JSON.stringify({value}))
say(JSON.stringify({text: JSON.stringify({value})}))
for (const before of ['', 'x', 'xy']) {
  say(Buffer.from(before + value).toString('base64'))
  say(Buffer.from(before + value + 'more').toString('base64url'))
}
say(bytes.toString('hex'))
say(bytes.toString('hex').toUpperCase())
const lines = (text, width) => text.match(new RegExp('.{1,' + width + '}', 'g')).join('\\n')
console.log(lines(Buffer.from('x-access-token:' + value).toString('base64'), 76))
console.log(lines(Buffer.from('xy' + value).toString('hex'), 60))
const dumped = Buffer.from('abcde' + value)
for (let at = 0; at < dumped.length; at += 16) {
  const row = dumped.subarray(at, at + 16)
  const pairs = [row.subarray(0, 8), row.subarray(8)].map((half) => Array.from(half, (byte) => byte.toString(16).padStart(2, '0')).join(' ')).join('  ')
  console.log(at.toString(16).padStart(8, '0') + '  ' + pairs.padEnd(48) + '  |' + row.toString('latin1').replace(/[^ -~]/g, '.') + '|')
}
say(encodeURIComponent(value))
say(encodeURIComponent(value).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))
say(new URLSearchParams({value}).toString())
console.error(new Error(value))
console.error(value.split('\\n').join(' '))
process.stdout.write(Buffer.from(value, 'utf16le'))
process.stdout.write('\\n' + Buffer.from(value, 'utf16le').toString('base64') + '\\n')
`
const leaky = actionSource(`
  const {secret} = input
  console.log('console', secret)
  console.error('console', {secret})
  context.log.info('message ' + secret, {field: secret, deep: [{[secret]: [secret]}], text: JSON.stringify({secret})})
  context.log.error(new Error(secret).stack)
  context.progress(0.5, 'at ' + secret)
  process.stdout.write('split ' + secret.slice(0, 7))
  await new Promise((resolve) => setTimeout(resolve, 30))
  process.stdout.write(secret.slice(7) + '\\n')
  if (input.fail === 'throw') throw Object.assign(new Error('it failed with ' + secret), {cause: new Error(secret)})
  if (input.fail === 'code') throw new ActionError('REFUSED', 'refused: ' + JSON.stringify({secret}))
  if (input.fail === 'shape') return {[secret]: secret, text: 5}
  return {secret, deep: [{[secret]: [secret, JSON.stringify({secret})]}], length: secret.length, text: 'x'}
`).replace('{defineAction}', '{ActionError, defineAction}')
const leakyManifest = `actions:
  - name: act
    output: {type: object, additionalProperties: {type: [string, array, integer]}, properties: {text: {type: string}}}
`

describe('a stored secret', () => {
  it('is set, used, and masked wherever it shows', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [PLAIN]
tasks:
  - id: use
    type: core/shell.run
    env: {TOKEN: '{{ secrets.PLAIN }}'}
    inputs: {command: 'printf %s "$TOKEN" > used; echo "token is $TOKEN."; echo "and $TOKEN" >&2'}
outputs: {said: '{{ tasks.use.output.stdout }}'}
`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const ran = await project.run(['run', 'w.yaml'])
    expect(ran).toMatchObject({exitCode: 0, stdout: '{\n  "said": "token is ***SECRET***."\n}\n'})
    expect(ran.stderr).toContain('use | token is ***SECRET***.\n')
    expect(ran.stderr).toContain('use | and ***SECRET***\n')
    expect(project.read('used')).toBe(secrets.PLAIN)
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
  })

  it('may have a megabyte, and is masked however it is printed', {timeout: 60_000}, async () => {
    const items = Array.from({length: 8000}, (_, index) => ({
      id: `user-number-${String(index)}`,
      key: `${String(index * 7919)}-canary-key`,
      url: `https://x.example/?a=1&b="${String(index)}"`,
    }))
    const value = JSON.stringify({items}, undefined, 2)
    expect(value.length).toBeGreaterThan(1_000_000)
    const project = new Project({
      'w.yaml': `id: w
secrets: [BIG]
tasks:
  - id: use
    type: core/shell.run
    inputs: {command: 'cat > big; cat big; base64 big; printf "x:" | cat - big | base64; node -e "process.stdout.write(JSON.stringify(require(\\"fs\\").readFileSync(\\"big\\", \\"utf8\\")))"; echo; tail -n 40 big', stdin: '{{ secrets.BIG }}', parse: none}
`,
    })
    await storeSecrets(project, {BIG: value})
    const startedAt = performance.now()
    const ran = await project.run(['run', 'w.yaml', '--progress', 'plain'])
    // Five seconds on a machine that has nothing else to do, of which it needs two.
    expect(performance.now() - startedAt).toBeLessThan(40_000)
    expect(ran.exitCode).toBe(0)
    expect(ran.stderr).toContain('***SECRET***')
    expect(ran.stderr.length).toBeLessThan(10_000)
    expect(project.read('big')).toBe(value)
    const known = {FIRST: '0-canary-key', MIDDLE: `${String(3000 * 7919)}-canary-key`, LAST: `${String(7999 * 7919)}-canary-key`}
    expect(findLeaks(known, {stdout: ran.stdout, stderr: ran.stderr})).toEqual([])
    for (const text of Object.values(await aftermath(project))) expect(text).not.toContain('canary-key')
  })

  it('reaches a task byte for byte, in one pass: what looks like a template in it is not one', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY, PEM]
tasks:
  - id: use
    type: core/shell.run
    env: {KEY: '{{ secrets.KEY }}', BOTH: '<{{secrets.KEY}}|{{ secrets.PEM }}>'}
    inputs: {command: 'printf %s "$KEY" > key; printf %s "$BOTH" > both; cat > stdin', stdin: '{{ secrets.PEM }}'}
`,
    })
    await storeSecrets(project, secrets)
    const ran = await project.run(['run', 'w.yaml'])
    expect(ran.exitCode).toBe(0)
    expect([project.read('key'), project.read('both'), project.read('stdin')]).toEqual([awkward, `<${awkward}|${pem}>`, pem])
    await expectClean(project, secrets, ran)
  })

  it('goes on to the tasks that use an output, which is shown masked and kept encrypted', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [PLAIN]
tasks:
  - {id: login, type: core/shell.run, env: {T: '{{ secrets.PLAIN }}'}, inputs: {command: 'echo "{\\"token\\": \\"$T\\"}"', parse: json}}
  - {id: use, type: core/shell.run, needs: [login], env: {T: '{{ tasks.login.output.value.token }}'}, inputs: {command: 'printf %s "$T" > used'}}
outputs: {all: '{{ tasks.login.output }}'}
`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const ran = await project.runJson('w.yaml')
    expect(ran.exitCode).toBe(0)
    expect(ran.task('login').output).toMatchObject({value: {token: '***SECRET***'}})
    expect(ran.result.outputs).toMatchObject({all: {value: {token: '***SECRET***'}}})
    expect(project.read('used')).toBe(secrets.PLAIN)
    expect(await countSealed(project)).toBe(2)
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
  })

  it('has lower-case and hyphenated names too, and names that objects have', async () => {
    const names = ['my-key', 'lower', '__proto__', 'constructor', '9A']
    const project = new Project({
      'w.yaml': `id: w
secrets: [${names.map((name) => `"${name}"`).join(', ')}]
tasks:
  - id: use
    type: core/shell.run
    env: {ALL: "{{ secrets.my-key }},{{ secrets['lower'] }},{{ secrets.__proto__ }},{{ secrets.constructor }},{{ secrets.9A }}"}
    inputs: {command: 'printf %s "$ALL" > all'}
`,
    })
    await storeSecrets(project, Object.fromEntries(names.map((name, index) => [name, `value-number-${String(index)}`])))
    expect(await project.run(['run', 'w.yaml'])).toMatchObject({exitCode: 0})
    expect(project.read('all')).toBe(names.map((_name, index) => `value-number-${String(index)}`).join(','))
  })
})

describe('the environment', () => {
  const workflow = `id: w
secrets: [PLAIN]
tasks:
  - {id: use, type: core/shell.run, env: {TOKEN: '{{ secrets.PLAIN }}'}, inputs: {command: 'printf %s "$TOKEN" > used; echo "$TOKEN"; echo "$OTHER"'}}
`

  it('has the value of a name that is not stored, and it is masked as well', async () => {
    const project = new Project({'w.yaml': workflow})
    const ran = await project.run(['run', 'w.yaml'], {env: {PLAIN: secrets.PLAIN, OTHER: 'not for tasks'}})
    expect(ran.exitCode).toBe(0)
    expect(project.read('used')).toBe(secrets.PLAIN)
    expect(ran.stderr).toContain('use | ***SECRET***\n')
    expect(ran.stderr).not.toContain('not for tasks')
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
    // There is nothing to encrypt with, and a run makes no key.
    expect(await countSealed(project)).toBe(0)
    expect(readdirSync(project.home)).not.toContain('secret.key')
  })

  it('comes after the store', async () => {
    const project = new Project({'w.yaml': workflow})
    await storeSecrets(project, {PLAIN: 'stored-value-1'})
    expect(await project.run(['run', 'w.yaml'], {env: {PLAIN: 'environment-value'}})).toMatchObject({exitCode: 0})
    expect(project.read('used')).toBe('stored-value-1')
  })
})

describe('before anything starts', () => {
  it('all missing secrets are named in one error', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY1, KEY2, KEY3]
tasks:
  - {id: first, type: core/shell.run, inputs: {command: 'touch started'}}
  - {id: use, type: core/shell.run, env: {A: '{{ secrets.KEY1 }}', B: '{{ secrets.KEY2 }}', C: '{{ secrets.KEY3 }}'}, inputs: {command: 'true'}}
`,
    })
    await storeSecrets(project, {KEY1: 'value-of-key-1'})
    const ran = await project.run(['run', 'w.yaml'], {env: {KEY2: ''}})
    expect(ran.exitCode).toBe(4)
    expect(ran.stderr).toContain('error[SECRETS_MISSING]: Missing secrets: KEY2, KEY3\n')
    expect(ran.stderr).toContain('workflow secrets set KEY2')
    expect(project.has('started')).toBe(false)
    expect(await project.json(['runs', 'list'])).toEqual([])
    const json = await project.run(['run', 'w.yaml', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({exitCode: 4, error: {code: 'SECRETS_MISSING', message: 'Missing secrets: KEY2, KEY3'}})
  })

  it('an undeclared secret is a finding, even when it is stored', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY1]
tasks:
  - {id: first, type: core/shell.run, env: {A: '{{ secrets.KEY1 }}'}, inputs: {command: 'touch started'}}
  - {id: use, type: core/shell.run, env: {A: 'x {{ secrets.KEY2 }}'}, inputs: {command: 'true'}}
`,
    })
    await storeSecrets(project, {KEY1: 'value-of-key-1', KEY2: 'value-of-key-2'})
    for (const command of ['run', 'validate']) {
      const {exitCode, stdout, stderr} = await project.run([command, 'w.yaml'])
      expect(exitCode).toBe(3)
      expect(stdout + stderr).toContain("Secret 'KEY2' not declared in workflow")
      expect(stdout + stderr).toContain('w.yaml:5:')
    }
    expect(project.has('started')).toBe(false)
  })

  it('a workflow is valid wherever its secrets are', async () => {
    const project = new Project({
      'w.yaml': `${oneTask('core/shell.run', "    env: {A: '{{ secrets.NOWHERE }}'}\n    inputs: {command: 'true'}\n")}secrets: [NOWHERE]\n`,
    })
    expect(await project.run(['validate', 'w.yaml'])).toMatchObject({exitCode: 0, stdout: 'w.yaml: valid\n'})
    expect(readdirSync(project.home).filter((name) => name !== 'cache')).toEqual([])
  })
})

describe('a process', () => {
  it('has only the secrets of its own task, and none in a command line', async () => {
    const project = new Project({
      ...sdkPlugin('env', actionSource('return Object.values(process.env).join("\\n") + JSON.stringify(input)'), {
        manifest: 'worker: reuse\nactions: [{name: act}]',
      }),
      'w.yaml': `id: w
secrets: [ONE, TWO]
tasks:
  - {id: one, type: core/shell.run, env: {X: '{{ secrets.ONE }}'}, inputs: {command: 'cat /proc/*/cmdline > one.cmdlines 2>/dev/null; env > one.env; tr "\\\\000" "\\\\n" < /proc/$PPID/environ >> one.env; true'}}
  - {id: two, type: test/env.act, needs: [one], inputs: {x: '{{ secrets.TWO }}'}}
  - {id: save, type: core/file.write, needs: [two], inputs: {path: two.env, content: '{{ tasks.two.output }}'}}
  - {id: three, type: test/env.act, needs: [two]}
  - {id: keep, type: core/file.write, needs: [three], inputs: {path: three.env, content: '{{ tasks.three.output }}'}}
`,
    })
    await storeSecrets(project, {ONE: 'secret-number-one', TWO: 'secret-number-two'})
    const ran = await project.run(['run', 'w.yaml'], {env: {AUTOKESTRA_SECRET_KEY: undefined}})
    expect(ran.exitCode).toBe(0)
    const known = {ONE: 'secret-number-one', TWO: 'secret-number-two'}
    const raw = (name: string): string[] => findLeaks(known, {[name]: project.read(name)}).filter((leak) => leak.startsWith('raw'))
    expect([raw('one.env'), raw('two.env')]).toEqual([['raw of ONE in one.env'], ['raw of TWO in two.env']])
    expect(findLeaks(known, {three: project.read('three.env'), cmdlines: project.read('one.cmdlines')})).toEqual([])
    await expectClean(project, known, ran)
  })

  it('never has the master key, and what prints it is masked', async () => {
    const key = 'the-master-key-of-this-test'
    const project = new Project({'w.yaml': oneTask('core/shell.run', `    inputs: {command: 'env; echo "it is ${key}"'}\n`)})
    const ran = await project.run(['run', 'w.yaml'], {env: {AUTOKESTRA_SECRET_KEY: key}})
    expect(ran.exitCode).toBe(0)
    expect(ran.stderr).toContain('t | it is ***SECRET***\n')
    expect(ran.stderr).not.toContain('AUTOKESTRA_SECRET_KEY')
    await expectClean(project, {key}, ran)
  })

  it('is not shown by NODE_DEBUG, which prints environments', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [PLAIN]
tasks:
  - {id: use, type: core/shell.run, env: {TOKEN: '{{ secrets.PLAIN }}'}, inputs: {command: 'true'}}
`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const ran = await project.run(['run', 'w.yaml'], {env: {NODE_DEBUG: 'child_process'}})
    expect(ran.exitCode).toBe(0)
    expect(ran.stderr).toContain('CHILD_PROCESS')
    expect(ran.stderr).toContain('***SECRET***')
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
  })

  it('does not show the key file either, whatever the workflow declares', async () => {
    const project = new Project({'w.yaml': oneTask('core/shell.run', `    inputs: {command: 'echo "it is $(cat "$HOME/secret.key")"'}\n`)})
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const ran = await project.run(['run', 'w.yaml'])
    expect(ran.exitCode).toBe(0)
    expect(ran.stderr).toContain('t | it is ***SECRET***\n')
  })
})

describe('the canary', () => {
  const printing = (script: string) => `id: w
secrets: [KEY, PEM, PLAIN]
tasks:
${Object.keys({KEY: 1, PEM: 1, PLAIN: 1})
  .map(
    (name) =>
      `  - {id: ${name.toLowerCase()}, type: core/shell.run, env: {SECRET: '{{ secrets.${name} }}'}, inputs: {command: 'exec node ${script}', parse: none}}`,
  )
  .join('\n')}
`

  it.each([
    ['every form', everyForm],
    ['pieces of a byte, from several tasks at once', piecemeal],
  ])('finds nothing after tasks that print %s', async (_what, script) => {
    const project = new Project({'print.mjs': script, 'w.yaml': printing('print.mjs')})
    await storeSecrets(project, secrets)
    const ran = await project.run(['run', 'w.yaml', '--concurrency', '3', '--events', 'events.ndjson'])
    expect(ran.exitCode).toBe(0)
    expect(ran.stderr).toContain('***SECRET***')
    await expectClean(project, secrets, ran, {events: project.read('events.ndjson')})
  })

  it('would find all of it without masking', async () => {
    // The same prints, of values that nobody declared: what is found here must not be found above.
    const project = new Project({
      'print.mjs': everyForm,
      'w.yaml': `id: w\nvars: {v: ${JSON.stringify(awkward.replaceAll('{', '('))}}\ntasks:\n  - {id: t, type: core/shell.run, env: {SECRET: '{{ vars.v }}'}, inputs: {command: 'exec node print.mjs', parse: none}}\n`,
    })
    const ran = await project.run(['run', 'w.yaml'])
    const value = awkward.replaceAll('{', '(')
    expect(() => {
      expectNoLeaks({V: value}, project.home, {stderr: ran.stderr})
    }).toThrow('raw of V in')
    const found = findLeaks({V: value}, {stderr: ran.stderr}).map((leak) => leak.replace(/ of V.*/, ''))
    // The terminal gets no zero bytes.
    expect(found.sort()).toEqual([...writtenForms(value).keys()].filter((form) => form !== 'UTF-16LE').sort())
  })

  it.each(['KEY', 'PEM', 'PLAIN'])('finds nothing after an action that logs, reports and returns %s', async (name) => {
    const project = new Project({
      ...sdkPlugin('leaky', leaky, {manifest: leakyManifest.replace('output:', 'x-output:').replace(/ {4}x-output.*\n/, '')}),
      'w.yaml': `id: w
secrets: [${name}]
tasks:
  - {id: leak, type: test/leaky.act, inputs: {secret: '{{ secrets.${name} }}'}}
  - {id: again, type: core/console.log, needs: [leak], inputs: {message: '{{ tasks.leak.output }}'}}
outputs: {all: '{{ tasks.leak.output }}', text: 'x {{ tasks.leak.output.secret }} y'}
`,
    })
    await storeSecrets(project, secrets)
    const plain = await project.run(['run', 'w.yaml'])
    expect(plain).toMatchObject({exitCode: 0, stdout: expect.stringContaining('"text": "x ***SECRET*** y"')})
    await expectClean(project, secrets, plain)
    const json = await project.run(['run', 'w.yaml', '--json', '--events', 'events.ndjson'])
    expect(json).toMatchObject({exitCode: 0, stdout: expect.stringContaining('***SECRET***')})
    await expectClean(project, secrets, json, {events: project.read('events.ndjson')})
    const events = await project.run(['run', 'w.yaml', '--events', '-', '--progress', 'quiet'])
    expect(events).toMatchObject({exitCode: 0, stdout: expect.stringContaining('***SECRET***')})
    await expectClean(project, secrets, events)
  })

  it.each(['throw', 'code', 'shape'])('finds nothing after failures and retries (%s)', async (fail) => {
    const project = new Project({
      ...sdkPlugin('leaky', leaky, {manifest: leakyManifest}),
      'w.yaml': `id: w
secrets: [KEY, PEM]
failFast: false
tasks:
  - {id: key, type: test/leaky.act, retry: {max: 2, delay: 1ms}, inputs: {secret: '{{ secrets.KEY }}', fail: ${fail}}}
  - {id: pem, type: test/leaky.act, retry: {max: 2, delay: 1ms}, inputs: {secret: '{{ secrets.PEM }}', fail: ${fail}}}
  - {id: told, type: core/console.log, needs: [key], if: '{{ failure() }}', inputs: {message: '{{ tasks.key.error }}'}}
`,
    })
    await storeSecrets(project, secrets)
    const ran = await project.run(['run', 'w.yaml', '--events', 'events.ndjson'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('***SECRET***')
    expect(ran.stderr).toContain('attempt 1 failed')
    await expectClean(project, secrets, ran, {events: project.read('events.ndjson')})
    const json = await project.run(['run', 'w.yaml', '--json'])
    await expectClean(project, secrets, json)
  })

  it('finds nothing where a plugin says what it should not, or nothing that can be read', async () => {
    const project = new Project({
      ...shellPlugin('strict', 'cat; printf "\\n%s\\n" "$S" >&2; printf %s "$S"', 'strictStdout: true\nactions: [{name: act}]'),
      ...shellPlugin('polluted', 'printf "%s\\n" "$S"; echo "{\\"ok\\": true}"'),
      'w.yaml': `id: w
secrets: [KEY, PIN, PLAIN]
failFast: false
tasks:
  - {id: strict, type: test/strict.act, env: {S: '{{ secrets.KEY }}'}, inputs: {s: '{{ secrets.KEY }}'}}
  - {id: polluted, type: test/polluted.act, env: {S: '{{ secrets.KEY }}'}}
  - {id: input, type: core/shell.run, inputs: {command: 'true', stdin: '{{ [secrets.KEY] }}'}}
  - {id: number, type: core/console.log, inputs: {message: '{{ int(secrets.PIN) }}', level: info}}
  - {id: level, type: core/console.log, inputs: {message: x, level: '{{ secrets.PLAIN }}'}}
  - {id: unknown, type: core/file.read, inputs: {path: 'nowhere/{{ secrets.PLAIN }}'}}
  - {id: missing, type: core/console.log, inputs: {message: "{{ {'a': 1}[secrets.PLAIN.upper()] }}"}}
  - {id: url, type: core/http.request, inputs: {url: 'http://127.0.0.1:1/?q={{ secrets.PLAIN }}', headers: {authorization: 'Bearer {{ secrets.PLAIN }}'}}}
`,
    })
    await storeSecrets(project, secrets)
    const ran = await project.run(['run', 'w.yaml', '--json'])
    expect(ran.exitCode).toBe(1)
    await expectClean(project, {...secrets, upper: secrets.PLAIN.toUpperCase()}, ran)
  })

  it('finds nothing after what templates make of a secret', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [PLAIN, JSON]
tasks:
  - id: t
    type: core/shell.run
    env: {UPPER: '{{ secrets.PLAIN.upper() }}', PART: "{{ split(secrets.PLAIN, '-')[1] + '-longer' }}", FIELD: '{{ fromJson(secrets.JSON).database.password }}'}
    inputs: {command: 'echo "$UPPER $PART $FIELD"; printf %s "$UPPER" | base64'}
`,
    })
    const known = {PLAIN: secrets.PLAIN, JSON: '{"database": {"password": "field-of-a-document"}}'}
    await storeSecrets(project, known)
    const ran = await project.run(['run', 'w.yaml'])
    expect(ran.exitCode).toBe(0)
    const made = {upper: known.PLAIN.toUpperCase(), part: 'plain-longer', field: 'field-of-a-document'}
    await expectClean(project, {...known, ...made}, ran)
  })

  it('finds nothing while a run goes on, and nothing when it is stopped or out of time', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [PLAIN]
tasks:
  - {id: t, type: core/shell.run, timeout: 1h, env: {S: '{{ secrets.PLAIN }}'}, inputs: {command: 'echo "is $S"; printf "ends with $S" >&2; touch hangs; exec sleep 1000'}}
`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const running = project.start(['run', 'w.yaml'])
    await running.printed('t | is ***SECRET***')
    await until(() => findLeaks({marker: 'is ***SECRET***'}, filesBelow(project.home)).length > 0)
    expectNoLeaks({PLAIN: secrets.PLAIN}, project.home, {})
    const cmdlines = readdirSync('/proc').flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
      } catch {
        // It has ended in the meantime.
        return []
      }
    })
    expect(cmdlines.join('\n')).toContain('sleep')
    expect(findLeaks({PLAIN: secrets.PLAIN}, {cmdlines: cmdlines.join('\n')})).toEqual([])
    running.kill('SIGINT')
    const ran = await running.ended
    expect(ran.exitCode).toBe(130)
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
    const late = await project.run(['run', 'w.yaml', '--timeout', '1s'])
    expect(late.exitCode).toBe(7)
    await expectClean(project, {PLAIN: secrets.PLAIN}, late)
  })

  it('finds nothing on a real terminal', async () => {
    const project = new Project({
      'print.mjs': `const {SECRET} = process.env\nconsole.log('plain ' + SECRET)\nconsole.log('colours ' + SECRET.slice(0, 5) + '\\u001b[1;31m' + SECRET.slice(5) + '\\u001b[0m')\nthrow new Error(SECRET)\n`,
      'w.yaml': `id: w\nsecrets: [PLAIN]\ntasks:\n  - {id: t, type: core/shell.run, env: {SECRET: '{{ secrets.PLAIN }}'}, inputs: {command: 'node print.mjs'}}\n`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    expect(await terminal.exitCode()).toBe(1)
    const history = terminal.history()
    expect(history).toContain('plain ***SECRET***')
    expect(findLeaks({PLAIN: secrets.PLAIN}, {history, screen: terminal.screen(), bare: stripVTControlCharacters(history)})).toEqual([])
    terminal.close()
    expectNoLeaks({PLAIN: secrets.PLAIN}, project.home, await aftermath(project))
  })
})

describe('the placeholder', () => {
  it('can be chosen', async () => {
    const project = new Project({
      'autokestra.yaml': 'masking: {placeholder: "[hidden]"}\n',
      'w.yaml': `id: w\nsecrets: [PLAIN]\ntasks:\n  - {id: t, type: core/shell.run, env: {S: '{{ secrets.PLAIN }}'}, inputs: {command: 'echo "<$S>"'}}\n`,
    })
    await storeSecrets(project, {PLAIN: secrets.PLAIN})
    const ran = await project.run(['run', 'w.yaml'])
    expect(ran.stderr).toContain('t | <[hidden]>\n')
    await expectClean(project, {PLAIN: secrets.PLAIN}, ran)
  })
})

describe('two runs', () => {
  it('know nothing of one another', async () => {
    const project = new Project({
      'a.yaml': `id: a\nsecrets: [ONE]\ntasks:\n  - {id: t, type: core/shell.run, env: {S: '{{ secrets.ONE }}'}, inputs: {command: 'echo "$S secret-number-two"'}}\n`,
      'b.yaml': `id: b\nsecrets: [TWO]\ntasks:\n  - {id: t, type: core/shell.run, env: {S: '{{ secrets.TWO }}'}, inputs: {command: 'echo "secret-number-one $S"'}}\n`,
    })
    await storeSecrets(project, {ONE: 'secret-number-one', TWO: 'secret-number-two'})
    const [a, b] = await Promise.all([project.run(['run', 'a.yaml']), project.run(['run', 'b.yaml'])])
    expect(a.stderr).toContain('t | ***SECRET*** secret-number-two\n')
    expect(b.stderr).toContain('t | secret-number-one ***SECRET***\n')
  })
})
