// Each check alone: a draft in, findings out. What they look like in a file is tested with load.test.ts.

import {describe, expect, it} from 'vitest'
import type {CheckFinding} from '../../../../src/lib/documents/findings.ts'
import {loadTemplates} from '../../../../src/lib/templates/templates.ts'
import type {KnownActions} from '../../../../src/lib/workflow/action-inputs.ts'
import {listTemplates} from '../../../../src/lib/workflow/list-templates.ts'
import {checkDefault} from '../../../../src/lib/workflow/check/entry-points.ts'
import {checkNeeds} from '../../../../src/lib/workflow/check/needs.ts'
import {readDeclared} from '../../../../src/lib/workflow/check/references.ts'
import {checkOptionalSecrets, checkSecretsOnce} from '../../../../src/lib/workflow/check/optional-secrets.ts'
import {checkUnusedSecrets, readDeclaredSecrets} from '../../../../src/lib/workflow/check/secrets.ts'
import {checkConditions, checkConstants, checkTemplates, secretsNamed} from '../../../../src/lib/workflow/check/templates.ts'
import {checkTimes} from '../../../../src/lib/workflow/check/times.ts'
import {checkTrigger} from '../../../../src/lib/workflow/check/trigger.ts'
import {Graph} from '../../../../src/lib/workflow/graph.ts'
import {checkResources} from '../../../../src/lib/workflow/resources.ts'
import {draftOf} from '../../../rig/draft.ts'

/** `tasks.0.needs.1 unknown-need` */
function codes(check: Iterable<CheckFinding>): string[] {
  return [...check].map(({at, code}) => `${at.join('.')} ${code}`)
}

/** Tasks with the ids a, b, c… */
const tasks = (...more: readonly object[]): {tasks: object[]} => ({
  tasks: more.map((task, index) => ({id: String.fromCharCode(97 + index), type: 'my/tool.run', ...task})),
})

describe('needs', () => {
  it.each<[string, {tasks: object[]}, string[]]>([
    ['of tasks that are there', tasks({}, {needs: ['a']}), []],
    ['of tasks that are not', tasks({needs: ['z', 5]}), ['tasks.0.needs.0 unknown-need']],
    ['of the task itself', tasks({needs: ['a']}), ['tasks.0.needs.0 needs-itself']],
    ['twice', tasks({}, {needs: ['a', 'a']}), ['tasks.1.needs.1 duplicate-need']],
    ['in a circle', tasks({needs: ['b']}, {needs: ['a']}), ['tasks.0.needs.0 cycle']],
    ['of two tasks with one id', tasks({}, {id: 'a'}), ['tasks.1.id duplicate-id']],
    ['of the wrong shape', tasks({needs: 'a'}, {needs: {a: 1}}), []],
  ])('%s', (_title, value, expected) => {
    const draft = draftOf(value)
    expect(codes(checkNeeds(draft.tasks, new Graph(draft.tasks), () => 3))).toEqual(expected)
  })
})

describe('order: listed', () => {
  const needsOf = (value: object): (readonly string[])[] => draftOf({order: 'listed', ...value}).tasks.map(({needs}) => needs)

  it('makes a task without needs need the one above it', () => {
    expect(needsOf(tasks({}, {}, {needs: []}, {}, {needs: ['a']}, {}))).toEqual([[], ['a'], [], ['c'], ['a'], ['e']])
  })

  it('leaves out what is not a task', () => {
    expect(needsOf({tasks: [null, {id: 'a'}, {type: 'x'}, 5, {id: 'b'}]})).toEqual([[], ['a']])
  })

  it('says which need of a cycle it has made', () => {
    const draft = draftOf({order: 'listed', ...tasks({needs: ['c']}, {}, {})})
    const [found, ...others] = checkNeeds(draft.tasks, new Graph(draft.tasks), () => 3)
    expect(others).toEqual([])
    expect(found).toMatchObject({
      at: ['tasks', 0, 'needs', 0],
      message: 'tasks need each other: a → c → b → a',
      hint: '"c" needs "b" because of order: listed; remove one of these needs, or write needs: [] in "c"',
    })
  })

  it('points at a need that is written, wherever the cycle begins', () => {
    const draft = draftOf({order: 'listed', ...tasks({needs: []}, {}, {}, {needs: ['b']}, {})})
    const cyclic = draftOf({order: 'listed', tasks: [{id: 'x', needs: []}, {id: 'y'}, {id: 'x2', needs: ['z']}, {id: 'z'}]})
    expect([...checkNeeds(draft.tasks, new Graph(draft.tasks), () => 3)]).toEqual([])
    expect(codes(checkNeeds(cyclic.tasks, new Graph(cyclic.tasks), () => 3))).toEqual(['tasks.2.needs.0 cycle'])
  })
})

describe('default', () => {
  it('names tasks of the file', () => {
    expect(codes(checkDefault(draftOf({default: ['a', 'c', 5], ...tasks({}, {})})))).toEqual(['default.1 unknown-task'])
    expect(codes(checkDefault(draftOf({default: 'a', ...tasks({})})))).toEqual([])
  })
})

describe('times', () => {
  it.each<[string, object, string[]]>([
    ['that are durations', {timeout: '1h', defaults: {timeout: 5, retry: {max: 2, delay: '1s'}}, ...tasks({timeout: '5m', retry: {}})}, []],
    [
      'that are not',
      {
        timeout: 'x',
        defaults: {timeout: '1y', retry: {maxDelay: '-1s'}},
        ...tasks({timeout: 0, retry: {max: 1, delay: 'y', backoff: 1e9}}),
      },
      [
        'timeout bad-duration',
        'defaults.timeout bad-duration',
        'defaults.retry.maxDelay bad-duration',
        'tasks.0.timeout bad-duration',
        'tasks.0.retry.delay bad-duration',
        'tasks.0.retry.backoff bad-duration',
      ],
    ],
    ['of retries without a number of attempts', tasks({retry: {delay: 1}}), ['tasks.0.retry missing-property']],
    ['of the wrong type', {timeout: [], defaults: 5, ...tasks({timeout: {}, retry: 3})}, []],
  ])('%s', (_title, value, expected) => {
    expect(codes(checkTimes(draftOf(value)))).toEqual(expected)
  })
})

it.each<[unknown, string[]]>([
  [{memory: '64MiB', tmp: '1MiB'}, []],
  [{memory: '1KiB', tmp: 'big'}, ['r.memory bad-size', 'r.tmp bad-size']],
  [{memory: []}, []],
  [undefined, []],
])('resources %j', (value, expected) => {
  expect(codes(checkResources(value, ['r']))).toEqual(expected)
})

it.each<[unknown, string[]]>([
  [undefined, []],
  [{type: 'cron', cron: '0 3 * * *'}, ['trigger trigger-ignored']],
  [{type: 'webhook', path: '/x'}, ['trigger trigger-ignored']],
  [{type: 'cron'}, ['trigger missing-property']],
  [{type: 'webhook'}, ['trigger missing-property']],
  [{type: 'cron', cron: 'often', timezone: 'Mars/Base'}, ['trigger.cron bad-cron', 'trigger.timezone bad-timezone']],
  ['daily', []],
])('the trigger %j', async (value, expected) => {
  expect(codes(await checkTrigger(value))).toEqual(expected)
})

const actions: KnownActions = new Map([['my/tool.run', {literalInputs: ['script'], argumentInputs: ['word']}]])

async function templateCodes(value: object): Promise<string[]> {
  const draft = draftOf(value)
  const all = listTemplates(draft, actions)
  const templates = await loadTemplates(all.map(({text}) => text))
  return codes(checkTemplates(all, templates, readDeclared(draft, new Graph(draft.tasks), actions)))
}

describe('templates', () => {
  it.each<[string, object, string[]]>([
    [
      'may read what is there',
      {vars: {x: 1}, ...tasks({inputs: {n: '{{ vars.x }}'}}, {needs: ['a'], env: {E: '{{ tasks.a.output }}'}})},
      [],
    ],
    [
      'in every site: a result that is not there yet',
      {
        env: {E: '{{ tasks.b.output }}'},
        ...tasks(
          {
            inputs: {n: ['{{ tasks.b.output }}'], script: '{{ tasks.b.output }}'},
            env: {E: '{{ tasks.b.output }}'},
            if: '{{ tasks.b.output }}',
          },
          {},
        ),
        outputs: {o: '{{ tasks.z.output }}'},
      },
      [
        'env.E unknown-name',
        'outputs.o unknown-task',
        'tasks.0.inputs.n.0 not-upstream',
        'tasks.0.env.E not-upstream',
        'tasks.0.if not-upstream',
      ],
    ],
    [
      'in every site: a secret',
      {
        secrets: ['S'],
        env: {E: '{{ secrets.S }}'},
        ...tasks({inputs: {n: '{{ secrets.S }}', word: '{{ secrets.S }}'}, env: {E: '{{ secrets.S }}'}, if: '{{ secrets.S == "" }}'}),
        outputs: {o: '{{ secrets.S }}'},
      },
      [
        'env.E secret-not-allowed',
        'outputs.o secret-not-allowed',
        'tasks.0.inputs.word secret-in-arguments',
        'tasks.0.if secret-not-allowed',
      ],
    ],
    [
      'in every site: the status of the run',
      {
        env: {E: '{{ failure() }}'},
        ...tasks({inputs: {n: '{{ failure() }}'}, env: {E: '{{ failure() }}'}, if: '{{ failure() }}'}),
        outputs: {o: '{{ failure() }}'},
      },
      ['env.E status-function', 'outputs.o status-function', 'tasks.0.inputs.n status-function', 'tasks.0.env.E status-function'],
    ],
    ['with text around a condition', tasks({if: 'not {{ true }}'}), ['tasks.0.if bad-if']],
    ['that do not parse', tasks({env: {E: '{{ 1 +'}}), ['tasks.0.env.E bad-template']],
  ])('%s', async (_title, value, expected) => {
    expect(await templateCodes(value)).toEqual(expected)
  })

  it('conditions are templates', () => {
    expect(codes(checkConditions(draftOf(tasks({if: 'vars.x'}, {if: '{{ vars.x }}'}, {if: true}))))).toEqual(['tasks.0.if bad-if'])
  })

  it('constants are not', () => {
    const value = {
      workingDir: '{{ vars.x }}',
      vars: {a: ['{{ secrets.A }}', '{{ .Names }}']},
      ...tasks({inputs: {script: 'echo {{ vars.x }}'}}, {inputs: {script: 'echo {{ .Names }}'}}),
    }
    expect(codes(checkConstants(draftOf(value), actions))).toEqual([
      'workingDir template-not-allowed',
      'vars.a.0 secret-not-allowed',
      'tasks.0.inputs.script template-not-allowed',
    ])
  })

  it('a declared secret that no template reads is unused', async () => {
    const value = {
      secrets: ['A', 'B', 'A', 'not a name', 'undefined'],
      ...tasks({env: {X: '{{ secrets.B }}', Y: '{{ keys(secrets) }}', Z: '{{ broken'}}),
    }
    const all = listTemplates(draftOf(value), actions)
    const used = secretsNamed(all, await loadTemplates(all.map(({text}) => text)))
    expect(codes(checkUnusedSecrets(readDeclaredSecrets(value.secrets), used))).toEqual([
      'secrets.0 unused-secret',
      'secrets.4 unused-secret',
    ])
  })
})

describe('optional secrets', () => {
  it.each<[string, object, string[]]>([
    ['with a default', {env: {A: "{{ secrets.OPT ?? '' }}"}}, []],
    ['asked for in the same template', {env: {A: "{{ has(secrets.OPT) ? secrets.OPT : 'x' }}"}}, []],
    ['asked for in the condition of the task', {if: '{{ has(secrets.OPT) }}', env: {A: '{{ secrets.OPT }}'}}, []],
    ['asked for in brackets', {if: "{{ has(secrets['OPT']) }}", inputs: {a: ['{{ secrets.OPT }}']}}, []],
    ['as they are', {env: {A: '{{ secrets.OPT }}'}}, ['tasks.0.env.A optional-secret']],
    ['asked for in another template', {env: {A: '{{ secrets.OPT }}', B: '{{ has(secrets.OPT) }}'}}, ['tasks.0.env.A optional-secret']],
    ['that are others', {env: {A: '{{ secrets.REQ }}', B: '{{ secrets.NEW }}'}}, []],
    ['in a template that is broken', {env: {A: '{{ secrets.OPT + }}'}}, []],
  ])('%s', async (_title, task, expected) => {
    const value = {
      secrets: ['REQ', {name: 'OPT', optional: true}, {name: 'NEW', optional: false}],
      ...tasks(task, {if: '{{ has(secrets.OPT) }}'}),
    }
    const all = listTemplates(draftOf(value), new Map())
    const templates = await loadTemplates(all.map(({text}) => text))
    expect(codes(checkOptionalSecrets(all, templates, readDeclaredSecrets(value.secrets)))).toEqual(expected)
  })

  it.each<[string, object, string[]]>([
    ['in if', {if: '{{ has(secrets.A) }}'}, []],
    ['of one that is not declared', {if: '{{ has(secrets.B) }}'}, ['tasks.0.if undeclared-secret']],
    ['with its value', {if: "{{ has(secrets.A) && secrets.A == 'x' }}"}, ['tasks.0.if secret-not-allowed']],
    ['with a default in its stead', {if: "{{ (secrets.A ?? '') == '' }}"}, ['tasks.0.if secret-not-allowed']],
    ['of something computed', {if: '{{ has(secrets[vars.x]) }}'}, ['tasks.0.if computed-secret']],
    ['of something that a secret names', {if: '{{ has(vars[secrets.A]) }}'}, ['tasks.0.if secret-not-allowed']],
  ])('has() %s', async (_title, task, expected) => {
    const draft = draftOf({vars: {x: 'A'}, secrets: [{name: 'A', optional: true}], ...tasks(task)})
    const all = listTemplates(draft, new Map())
    const templates = await loadTemplates(all.map(({text}) => text))
    expect(codes(checkTemplates(all, templates, readDeclared(draft, new Graph(draft.tasks), new Map())))).toEqual(expected)
  })

  it('are listed once', () => {
    expect(codes(checkSecretsOnce(['A', 'B', 'B', {name: 'A'}, 5, null]))).toEqual(['secrets.3 duplicate-secret'])
  })
})
