import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import type {Workflow} from '../../../src/lib/workflow/model.ts'
import {loadWorkflow} from '../../rig/load-workflow.ts'

const schemas = new SchemaCompiler()
const dir = '/project'

async function load(text: string): Promise<Workflow> {
  return (await loadWorkflow(text, {schemas, cwd: dir})).workflow
}

async function failure(text: string): Promise<WorkflowError> {
  try {
    await load(text)
  } catch (error) {
    if (error instanceof WorkflowError) return error
    throw error
  }
  throw new Error('expected findings')
}

/** `line:column code: message (hint)` */
async function findings(text: string): Promise<string[]> {
  const {diagnostics} = await failure(text)
  return diagnostics.map(
    ({line, column, code, message, hint}) => `${line}:${column} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  )
}

/** Findings of a workflow with the given tail behind `id` and one task line. */
const task = (more: string) =>
  `id: demo\nvars: {limit: 1}\nenv: {TZ: UTC}\ntasks:\n  - {id: first, type: core/shell.run, inputs: {limit: "{{ vars.limit }}"}}\n  - id: second\n    type: core/shell.run\n${more.replace(/^/gm, '    ')}`

describe('a valid file', () => {
  test('the smallest has defaults for everything else', async () => {
    const workflow = await load('id: a\ntasks: [{id: t, type: core/shell.run}]')
    expect(workflow).toMatchObject({
      dir,
      id: 'a',
      labels: {},
      enabled: true,
      vars: {},
      env: {},
      workingDir: dir,
      failFast: true,
      outputs: {},
      tasks: [{id: 't', type: 'core/shell.run', needs: [], inputs: {}, env: {}, continueOnError: false}],
    })
    expect(workflow.tasks[0]?.retry).toEqual({
      maxAttempts: 1,
      backoff: 'constant',
      delayMs: 1000,
      maxDelayMs: 30_000,
      jitter: false,
      on: ['error', 'timeout'],
    })
    expect('timeoutMs' in workflow || 'parallelism' in workflow || 'if' in (workflow.tasks[0] ?? {})).toBe(false)
  })

  test('everything that is written arrives', async () => {
    const workflow = await load(`
apiVersion: v1
id: nightly-report
name: Nightly
description: A report
labels: {team: data, tier: 1}
enabled: false
security: trusted
trigger: {type: cron, cron: "0 3 * * *", timezone: Europe/Berlin}
vars: {base: "https://example.com", limit: 100, on: true}
env: {TZ: UTC, DEBUG: 1, VERBOSE: true, URL: "{{ vars.base }}/x"}
workingDir: work
timeout: 30m
parallelism: 4
failFast: false
defaults: {retry: {max: 2, delay: 2s}, timeout: 5m}
tasks:
  - id: fetch
    type: core/http.request
    if: "{{ vars.limit > 0 }}"
    inputs: {url: "{{ vars.base }}/d", nested: [{deep: "{{ run.id }}"}]}
    env: {LIMIT: "{{ vars.limit }}"}
    retry: {max: 3, backoff: exponential, maxDelay: 10, jitter: true, on: [timeout]}
    timeout: 500ms
    continueOnError: true
    idempotent: true
  - {id: never, type: my-team/my-plugin.do_it, needs: [fetch], if: false, retry: {backoff: 45}}
  - {id: always, type: a/b.c, needs: [never], if: "{{ always() && tasks.fetch.status == 'failed' }}"}
outputs: {title: "{{ tasks.fetch.output.title ?? 'none' }}"}
`)
    expect(workflow).toMatchObject({
      id: 'nightly-report',
      name: 'Nightly',
      labels: {team: 'data', tier: '1'},
      enabled: false,
      vars: {base: 'https://example.com', limit: 100, on: true},
      env: {TZ: 'UTC', DEBUG: '1', VERBOSE: 'true'},
      workingDir: join(dir, 'work'),
      timeoutMs: 1_800_000,
      parallelism: 4,
      failFast: false,
    })
    const [fetch, never, always] = workflow.tasks
    expect(fetch).toMatchObject({if: '{{ vars.limit > 0 }}', timeoutMs: 500, continueOnError: true, idempotent: true})
    expect(fetch?.retry).toEqual({maxAttempts: 3, backoff: 'exponential', delayMs: 2000, maxDelayMs: 10_000, jitter: true, on: ['timeout']})
    expect(never).toMatchObject({if: '{{ false }}', needs: ['fetch'], timeoutMs: 300_000})
    expect(never?.retry).toEqual({
      maxAttempts: 2,
      backoff: 'constant',
      delayMs: 45_000,
      maxDelayMs: 45_000,
      jitter: false,
      on: ['error', 'timeout'],
    })
    expect(always?.if).toContain('always()')
  })

  test('paths start at the directory of the file', async () => {
    const {workflow} = await loadWorkflow('id: a\nworkingDir: ../x\ntasks: [{id: t, type: a/b.c}]', {
      schemas,
      file: 'sub/flow.yaml',
      cwd: dir,
    })
    expect(workflow.dir).toBe('/project/sub')
    expect(workflow.workingDir).toBe('/project/x')
    expect(workflow.source.file).toBe('sub/flow.yaml')
  })

  test('the paths of standard input start at the current directory', async () => {
    const {workflow} = await loadWorkflow('id: piped\ntasks: [{id: t, type: a/b.c}]', {schemas, file: '-', cwd: dir})
    expect([workflow.id, workflow.dir, workflow.source.file]).toEqual(['piped', dir, '-'])
  })

  test('a webhook trigger, an if of true and a multi-line template are fine', async () => {
    const workflow = await load(
      `id: a\ntrigger: {type: webhook, path: /hook, method: POST}\ntasks:\n  - id: t\n    type: a/b.c\n    if: true\n  - id: u\n    type: a/b.c\n    if: |\n      {{\n        1 < 2\n      }}\n`,
    )
    expect(workflow.tasks.map((one) => one.if)).toEqual([undefined, '{{\n  1 < 2\n}}'])
  })

  test('that says `if: false` and has no other template can be evaluated', async () => {
    const {workflow, templates} = await loadWorkflow('id: a\ntasks: [{id: t, type: core/shell.run, if: false}]', {schemas})
    const {tasks} = workflow
    expect(templates.evaluate(tasks[0]?.if ?? '', {vars: {}, env: {}, tasks: {}, run: {id: 'r', workflow: 'a', startedAt: ''}})).toBe(false)
  })
})

describe('the shape', () => {
  test.each<[string, string[]]>([
    ['[]', ['1:1 wrong-type: the document must be a map, not a list']],
    ['just text', ['1:1 wrong-type: the document must be a map, not a string']],
    ['id: a', ['1:1 missing-property: missing property "tasks"']],
    [
      'id: My Flow\ntasks: []',
      [
        '1:5 bad-id: this is not a valid workflow id (lower-case letters, digits, - and _, starting with a letter or a digit)',
        '2:8 invalid-value: tasks must not be empty',
      ],
    ],
    ['id: a\ntaks: []\ntasks: [{id: t, type: a/b.c}]', ['2:1 unknown-property: unknown property "taks" (did you mean "tasks"?)']],
    [task('timout: 5s'), ['8:5 unknown-property: unknown property "timout" in task "second" (did you mean "timeout"?)']],
    [task('needs: first'), ['8:12 wrong-type: needs must be a list, not a string (write it as a list: needs: [first])']],
    [task('needs:'), ['8:5 wrong-type: needs must be a list, not empty']],
    [
      task('env: {"A-B": x}'),
      ['8:11 bad-name: "A-B" is not a valid environment variable name (letters, digits and _, not starting with a digit)'],
    ],
    [task('env: {A: [1]}'), ['8:14 wrong-type: A must be a string, a number or true or false, not a list']],
    [task('retry: {max: 0}'), ['8:18 invalid-value: max must be at least 1']],
    [task('retry: {delay: 1s}'), ['8:5 missing-property: missing property "max": the number of attempts in total (for example max: 3)']],
    [task('retry: {max: 2, backoff: linear}'), ['8:30 invalid-value: backoff must be one of "constant", "exponential"']],
    [task('retry: {max: 2, backoff: -1}'), ['8:30 invalid-value: backoff must be greater than 0']],
    [task('retry: {max: 2, backoff: [1]}'), ['8:30 invalid-value: "backoff" must be constant, exponential, or a number of seconds']],
    [task('retry: {mx: 2, max: 1}'), ['8:13 unknown-property: unknown property "mx" in task "second" (did you mean "max"?)']],
    [task('retry: {max: 2, on: [eror]}'), ['8:26 invalid-value: on[0] must be one of "error", "timeout" (did you mean "error"?)']],
    ['id: a\nsecurity: strict\ntasks: [{id: t, type: a/b.c}]', ['2:11 invalid-value: security must be one of "trusted", "restricted"']],
    ['id: a\nparallelism: 0\ntasks: [{id: t, type: a/b.c}]', ['2:14 invalid-value: parallelism must be at least 1']],
    [
      'id: a\ntasks: [{type: a/b.c}, {id: "a b", type: a/b.c}]',
      [
        '2:9 missing-property: missing property "id"',
        '2:29 bad-id: this is not a valid task id (letters, digits, - and _, starting with a letter or a digit)',
      ],
    ],
    [
      'id: a\ntasks: [t, null]',
      ['2:9 wrong-type: tasks[0] must be a map, not a string', '2:12 wrong-type: tasks[1] must be a map, not empty'],
    ],
  ])('%j', async (text, expected) => {
    expect(await findings(text)).toEqual(expected)
  })
})

describe('values', () => {
  test.each<[string, string]>([
    [
      task('timeout: 5 minutes'),
      '8:14 bad-duration: "5 minutes" is not a duration (write 500ms, 30s, 5m, 1h, or a number of seconds; at most 24 days)',
    ],
    [task('timeout: 0'), '8:14 bad-duration: 0 is not a duration'],
    [task('timeout: -1s'), '8:14 bad-duration: "-1s"'],
    [task('timeout: 100000h'), '8:14 bad-duration'],
    [task('retry: {max: 2, delay: soon}'), '8:28 bad-duration: "soon"'],
    ['id: a\ntimeout: 1y\ntasks: [{id: t, type: a/b.c}]', '2:10 bad-duration: "1y"'],
    ['id: a\ndefaults: {timeout: x}\ntasks: [{id: t, type: a/b.c}]', '2:21 bad-duration: "x"'],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: cron}', '3:1 missing-property: missing property "cron" of a cron trigger'],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: cron, cron: daily}', '3:29 bad-cron'],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: cron, cron: "61 3 * * *"}', '3:29 bad-cron'],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: cron, cron: "2026-01-01T00:00:00"}', '3:29 bad-cron'],
    [
      'id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: cron, cron: "0 3 * * *", timezone: Mars/Base}',
      '3:52 bad-timezone: there is no time zone "Mars/Base"',
    ],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\ntrigger: {type: webhook}', '3:1 missing-property: missing property "path"'],
  ])('%j', async (text, expected) => {
    const found = await findings(text)
    expect(found).toHaveLength(1)
    expect(found[0]?.startsWith(expected)).toBe(true)
  })
})

describe('ids and needs', () => {
  test('duplicates, unknown needs and needs of oneself', async () => {
    const text =
      'id: a\ntasks:\n  - {id: fetch, type: a/b.c}\n  - {id: fetch, type: a/b.c}\n  - {id: use, type: a/b.c, needs: [fecth, use, nothing, fetch, fetch]}\n'
    expect(await findings(text)).toEqual([
      '4:10 duplicate-id: another task has the id "fetch" (the first one is on line 3)',
      '5:36 unknown-need: there is no task "fecth" (did you mean "fetch"?)',
      '5:43 needs-itself: the task "use" needs itself',
      '5:48 unknown-need: there is no task "nothing"',
      '5:64 duplicate-need: the task "use" lists the need "fetch" twice',
    ])
  })

  test('a cycle is shown as a path', async () => {
    const text =
      'id: x\ntasks:\n  - {id: a, type: a/b.c, needs: [c]}\n  - {id: b, type: a/b.c, needs: [a]}\n  - {id: c, type: a/b.c, needs: [b]}\n  - {id: d, type: a/b.c, needs: [c, e]}\n  - {id: e, type: a/b.c, needs: [d]}\n'
    expect(await findings(text)).toEqual([
      '3:34 cycle: tasks need each other: a → c → b → a (remove one of these needs)',
      '6:37 cycle: tasks need each other: d → e → d (remove one of these needs)',
    ])
  })
})

describe('templates', () => {
  test.each<[string, string]>([
    [task('inputs: {a: "{{ vars.limti }}"}'), '8:21 unknown-var: vars has no "limti" (did you mean "limit"?)'],
    [task('inputs: {a: "x {{ env.HOME }}"}'), '8:23 unknown-env: env has no "HOME" (only names declared under env: are known'],
    [task('inputs: {a: "{{ var.limit }}"}'), '8:21 unknown-name: unknown name "var" (did you mean "vars"?)'],
    [task('inputs: {a: "{{ tasks.frist.output }}"}'), '8:21 unknown-task: there is no task "frist" (did you mean "first"?)'],
    [
      task('inputs: {a: "{{ tasks.first.output }}"}'),
      '8:21 not-upstream: the task "first" may not have finished when "second" starts (add "first" to the needs of "second")',
    ],
    [task('inputs: {a: "{{ tasks.second.output }}"}'), '8:21 reads-itself'],
    [
      task('needs: [first]\ninputs: {a: "{{ tasks.first.outptu.x }}"}'),
      '9:21 unknown-name: tasks.first has no "outptu" (did you mean "output"?)',
    ],
    [
      task('needs: [first]\ninputs: {a: "{{ tasks.first.output.my-key }}"}'),
      '9:43 unknown-name: unknown name "key" (a name with a hyphen is written in brackets: [\'a-b\'])',
    ],
    [task('inputs: {a: "{{ run.started }}"}'), '8:21 unknown-name: run has no "started"'],
    [task('inputs: {a: "{{ 1 + }}"}'), '8:24 bad-template: syntax error: unexpected token: the end'],
    [task('inputs: {a: "{{ toJsn(1) }}"}'), '8:21 bad-template: unknown function toJsn() (did you mean toJson()?)'],
    [task('inputs: {a: "{{ }}"}'), '8:18 bad-template: the template is empty'],
    [task('inputs: {a: "{{ vars.limit"}'), '8:18 bad-template: the template is not closed'],
    [task('inputs:\n  list:\n    - deep: |\n        one\n        two {{ vars.nope }}'), '12:20 unknown-var'],
    [task('inputs: {a: "{{ failure() }}"}'), '8:17 status-function'],
    [task('if: vars.limit > 0'), '8:9 bad-if: "if" must be a template (write if: "{{ vars.limit > 0 }}")'],
    [task('if: "{{ vars.limit }} > 0"'), '8:9 bad-if: "if" must be one template'],
    [task('if: "{{ tasks.first.status == \'failed\' }}"'), '8:13 not-upstream'],
    ['id: a\nworkingDir: "{{ vars.x }}"\ntasks: [{id: t, type: a/b.c}]', '2:13 template-not-allowed'],
    [
      'id: a\nenv: {A: "{{ tasks.t.output }}"}\ntasks: [{id: t, type: a/b.c}]',
      '2:14 unknown-name: "tasks" cannot be read here (known here: inputs, vars)',
    ],
    ['id: a\ntasks: [{id: t, type: a/b.c}]\noutputs: {x: "{{ tasks.u.output }}"}', '3:18 unknown-task'],
  ])('%j', async (text, expected) => {
    const found = await findings(text)
    expect(found).toHaveLength(1)
    expect(found[0]?.slice(0, expected.length)).toBe(expected)
  })

  test('a default excuses a variable that is not declared, but no task that is not there', async () => {
    await load(task(`inputs: {a: "{{ vars.nope ?? 1 }}", b: "{{ default(env.NOPE, '') }}", c: "{{ has(vars.x) }}"}`))
    expect(await findings(task('inputs: {a: "{{ tasks.frist.output ?? 1 }}"}'))).toHaveLength(1)
  })

  test('outputs may read any task, and a task reads what it needs through others', async () => {
    await load(
      'id: a\ntasks:\n  - {id: a, type: a/b.c}\n  - {id: b, type: a/b.c, needs: [a]}\n  - {id: c, type: a/b.c, needs: [b], inputs: {x: "{{ tasks.a.output }}", y: "{{ tasks[vars.which].output }}"}}\nvars: {which: a}\noutputs: {x: "{{ tasks.b.attempts }}"}',
    )
  })
})

describe('secrets', () => {
  /** The workflow `second` with a list of secrets and more lines in its second task. */
  const using = (secrets: string, more: string) => `${task(more)}\nsecrets: ${secrets}\n`

  test('declared names may be read in the inputs and the env of tasks, however deep and however written', async () => {
    const {workflow, warnings} = await loadWorkflow(
      using(
        '[A, my-key, lower_case, __proto__, constructor, -rf, "9"]',
        `inputs: {a: ["{{ secrets.A }}", {b: "x {{ secrets.my-key + secrets['lower_case'] }} {{ secrets['-rf'] }}"}], p: "{{ secrets.__proto__ }}"}\nenv: {C: "{{ secrets.constructor.upper() }}", N: "{{ secrets.9 }}"}`,
      ),
      {schemas},
    )
    expect(workflow.secrets).toEqual(['A', 'my-key', 'lower_case', '__proto__', 'constructor', '-rf', '9'])
    expect(warnings).toEqual([])
    expect((await load('id: a\ntasks: [{id: t, type: a/b.c}]')).secrets).toEqual([])
  })

  test('every undeclared name is a finding where it is used', async () => {
    expect(
      await findings(
        using('[TOKEN]', 'inputs: {a: "{{ secrets.TOKEN }}"}\nenv: {A: "x{{ secrets.TOKN }}", B: "{{ secrets.other ?? 1 }}"}'),
      ),
    ).toEqual([
      "9:19 undeclared-secret: Secret 'TOKN' not declared in workflow (did you mean 'TOKEN'? Or add it to the list: secrets: [TOKEN, TOKN])",
      "9:44 undeclared-secret: Secret 'other' not declared in workflow (add it to the list: secrets: [TOKEN, other])",
    ])
    expect(await findings(task('env: {A: "{{ secrets.constructor }}"}'))).toEqual([
      "8:18 undeclared-secret: Secret 'constructor' not declared in workflow (add it to the list: secrets: [constructor])",
    ])
    expect(await findings(using('[]', 'inputs: {a: "{{ has(secrets.A) ? 1 : 2 }}"}'))).toEqual([
      "8:25 undeclared-secret: Secret 'A' not declared in workflow (add it to the list: secrets: [A])",
    ])
  })

  test.each([
    '{{ secrets }}',
    '{{ toJson(secrets) }}',
    '{{ secrets[vars.limit] }}',
    "{{ secrets['A' + 'B'] }}",
    '{{ secrets[0] }}',
    "{{ {'all': secrets}.all.A }}",
    '{{ keys(secrets) }}',
    "{{ ['A'].map(name, secrets[name]) }}",
  ])('names are literal: %s', async (template) => {
    expect(await findings(using('[A]', `inputs: {a: "{{ secrets.A }}", b: 1}\nenv: {X: "${template}"}`))).toEqual([
      expect.stringMatching(/^9:\d+ computed-secret: secrets can only be read one at a time, by name/),
    ])
  })

  test.each([
    [
      'in the env of the workflow',
      (at: string) => `id: a\nsecrets: [A]\nenv: {X: "${at}"}\ntasks: [{id: t, type: a/b.c, inputs: {y: "${at}"}}]`,
      '3:14',
    ],
    [
      'in "if"',
      (at: string) => `id: a\nsecrets: [A]\ntasks:\n  - {id: t, type: a/b.c, inputs: {y: "${at}"}, if: "{{ secrets.A == 'x' }}"}`,
      '4:66',
    ],
    [
      'in the outputs of the workflow',
      (at: string) => `id: a\nsecrets: [A]\ntasks: [{id: t, type: a/b.c, inputs: {y: "${at}"}}]\noutputs: {x: "a ${at}"}`,
      '4:20',
    ],
  ])('cannot be read %s', async (what, text, place) => {
    const found = await findings(text('{{ secrets.A }}'))
    expect(found).toEqual([expect.stringContaining(`${place} secret-not-allowed: secrets cannot be read ${what}`)])
  })

  test('in vars they would stay text, and that is a finding', async () => {
    const text =
      'id: a\nsecrets: [A]\nvars: {x: [{y: "a {{ secrets.A }}"}], z: "{{ .Values.secrets.A }}"}\ntasks: [{id: t, type: a/b.c, env: {V: "{{ secrets.A }}{{ vars }}"}}]'
    expect(await findings(text)).toEqual([expect.stringContaining('3:16 secret-not-allowed: templates are not evaluated in vars')])
  })

  test('a secret is text: what looks like a property of it is a finding', async () => {
    expect(await findings(using('[A]', 'inputs: {a: "{{ secrets.A.b }}"}'))).toEqual([
      '8:21 unknown-name: secrets.A is text and has no properties (for a value that is JSON: fromJson(secrets.A))',
    ])
  })

  test.each(['["A B"]', '["A."]', '[""]', '[é]', '["A\\n"]', `[${'a'.repeat(256)}]`, '[A, A]', '[1]', 'A', '{A: 1}'])(
    'bad list %s',
    async (list) => {
      const found = await findings(using(list, ''))
      expect(found).toHaveLength(list === '[A, A]' ? 2 : 1)
    },
  )

  test('a name of 255 characters is one', async () => {
    const name = 'a'.repeat(255)
    expect((await load(using(`[${name}]`, `env: {A: "{{ secrets.${name} }}"}`))).secrets).toEqual([name])
  })

  test('a declared secret that nobody reads is a warning', async () => {
    const {warnings} = await loadWorkflow(using('[A, B]', 'env: {X: "{{ secrets.B }}"}'), {schemas})
    expect(warnings).toMatchObject([
      {severity: 'warning', code: 'unused-secret', message: "no task reads the secret 'A'", line: 9, column: 11},
    ])
  })
})

test('all findings come at once, in file order', async () => {
  const error = await failure(
    'id: demo\nnmae: x\ntimeout: 5x\ntasks:\n  - {id: a, type: shell, needs: [b]}\n  - {id: b, type: a/b.c, needs: [a], inputs: {x: "{{ vars.y }}"}}\n  - {id: b, type: a/b.c, timout: 1}\nhooks: {finally: []}\n',
  )
  expect(error.code).toBe('WORKFLOW_INVALID')
  expect(error.exitCode).toBe(3)
  expect(error.message).toBe('The workflow file "demo.yaml" has 7 errors.')
  expect(error.diagnostics.map(({code}) => code)).toEqual([
    'unknown-property',
    'bad-duration',
    'cycle',
    'unknown-var',
    'duplicate-id',
    'unknown-property',
    'invalid-value',
  ])
  expect(error.diagnostics.every(({sourceLine, file}) => sourceLine !== undefined && file === 'demo.yaml')).toBe(true)
})

describe('large files', () => {
  const chain = (count: number, more = '') =>
    `id: big\nvars: {x: 1}\ntasks:\n${Array.from({length: count}, (_, n) => `  - id: t${n}\n    type: core/shell.run\n    needs: [${n > 0 ? `t${n - 1}` : ''}]\n    inputs: {command: "echo {{ ${n > 1 ? `tasks.t${n % 2 ? 0 : n - 2}.output.x` : 'vars.x'} }}"}\n`).join('')}${more}`

  test('a chain of 10 000 tasks loads quickly', async () => {
    await load('id: warm\ntasks: [{id: t, type: a/b.c}]')
    const started = performance.now()
    const workflow = await load(chain(10_000))
    expect(workflow.tasks).toHaveLength(10_000)
    // Far above what it takes (a third of a second), so that a busy machine does not matter; far below anything quadratic.
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('a cycle of 10 000 tasks is found and shortened', async () => {
    const text = chain(10_000).replace('needs: []', 'needs: [t9999]')
    const found = await findings(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain('t0 → t9999 → t9998')
    expect(found[0]?.length).toBeLessThan(300)
  })

  test('of 10 000 findings the first 100 are listed, and the others counted', async () => {
    const found = await findings(chain(10_000).replaceAll('core/shell.run', 'core/shell.run\n    timeout: soon'))
    expect(found).toHaveLength(101)
    expect(found[99]).toMatch(/^501:14 bad-duration/)
    expect(found[100]).toMatch(/more-findings: and 9900 more errors$/)
  })
})
