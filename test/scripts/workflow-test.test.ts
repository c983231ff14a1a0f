// `workflow test` on the built command.

import {existsSync, readdirSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import type {TestReport} from '../../src/lib/testing/test-report.ts'
import {Project} from '../rig/project.ts'

const workflow = `id: deploy
inputs:
  target: {type: string, required: true, enum: [dev, prod]}
vars: {retries: 3, who: you}
secrets: [TOKEN, {name: EXTRA, optional: true}]
timeout: 1h
concurrency: {group: deploy}
tasks:
  - id: fetch
    type: core/shell.run
    retry: {max: 3, delay: 10m}
    cache: {}
    require: [{command: 'exit 1', message: never}, {if: '{{ vars.retries < 9 }}', message: too many}]
    inputs: {command: 'touch started'}
    env: {URL: 'https://x.example/{{ inputs.target }}'}
  - id: score
    type: core/shell.run
    needs: [fetch]
    forEach: {items: '{{ tasks.fetch.output.value }}', key: '{{ item }}'}
    inputs: {command: 'touch started', args: ['{{ item }}']}
  - id: wait
    type: core/shell.run
    needs: [score]
    until: {if: '{{ output.stdout == "ready" }}', every: 5m, limit: 1h}
    env: {TOKEN: '{{ secrets.TOKEN }}', EXTRA: '{{ secrets.EXTRA ?? "" }}'}
    inputs: {command: 'touch started'}
  - id: push
    type: core/shell.run
    needs: [wait]
    if: '{{ inputs.target == "prod" }}'
    inputs: {command: 'touch started'}
    files: {in: {'a.txt': '{{ vars.who }}'}, out: {log: push.log, pages: {path: '*.html', optional: true}}}
hooks:
  onFailure:
    - {id: tell, type: core/shell.run, inputs: {command: 'touch started', args: ['{{ run.failed[0] }}']}}
outputs:
  scores: '{{ tasks.score.output }}'
  log: '{{ tasks.push.files.log.size ?? -1 }}'
  pages: '{{ tasks.push.status == "succeeded" ? size(tasks.push.files.pages) : 0 }}'
`

const good = `cases:
  - name: deploys to production
    inputs: {target: prod}
    secrets: {TOKEN: dummy-token-1}
    tasks:
      fetch: [{error: {code: EXIT_CODE}}, {output: {value: [a, b]}}]
      score: {output: {stdout: "1"}}
      score[b]: {output: {stdout: "{{ 1 + 1 }}"}}
      wait: [{output: {stdout: 'no'}}, {output: {stdout: ready}}]
      push: {files: {'push.log': 'four', 'x.html': ''}}
    expect:
      tasks:
        fetch: {status: succeeded, attempts: 2, env: {URL: 'https://x.example/prod'}}
        score[b]: {inputs: {args: [b]}, output: {stdout: '{{ 1 + 1 }}'}}
        wait: {attempts: 2, env: {TOKEN: dummy-token-1}}
        push: succeeded
      outputs: {scores: [{stdout: "1"}, {stdout: "{{ 1 + 1 }}"}], log: 4, pages: 1}
  - name: tells
    inputs: {target: dev}
    tasks:
      fetch: {error: {code: EXIT_CODE, message: nope, retryable: false}}
      tell: {}
    secrets: {TOKEN: dummy-token-1}
    expect:
      status: failed
      failed: [fetch]
      tasks:
        push: {status: skipped, reason: task 'fetch' failed and failFast is on}
        fetch: {status: failed, attempts: 1, error: {code: EXIT_CODE, message: nope}}
        tell: {inputs: {args: [fetch]}}
  - name: fetches only
    select: {only: [fetch]}
    inputs: {target: dev}
    tasks: {fetch: {}}
`

/** Nothing has been started, and nothing is kept of it. */
function expectNoTrace(project: Project): void {
  expect(project.has('started')).toBe(false)
  const files = existsSync(project.home) ? readdirSync(project.home, {recursive: true, encoding: 'utf8'}) : []
  expect(files.filter((file) => /\.db|runs/.test(path.basename(file)))).toEqual([])
}

const env = {DOCKER_HOST: 'unix:///nonexistent/docker.sock', TOKEN: undefined}

async function report(project: Project, args: readonly string[] = []): Promise<{exitCode: number | null; report: TestReport}> {
  const {exitCode, stdout, stderr} = await project.run(['test', ...args, '--json'], {env})
  expect(stderr).toBe('')
  return {exitCode, report: JSON.parse(stdout) as TestReport}
}

/** `code line:column message (hint)` of each finding of each case. */
function findings({files}: TestReport): string[] {
  return files.flatMap(({diagnostics, cases}) =>
    [...diagnostics, ...cases.flatMap((each) => each.diagnostics)].map(
      ({code, line, column, message, hint}) =>
        `${code} ${String(line)}:${String(column)} ${message}${hint === undefined ? '' : ` (${hint})`}`,
    ),
  )
}

describe('cases that pass', () => {
  test('retries, items, until, files, hooks and conditions go their way without any program, wait, lock or store', async () => {
    const project = new Project({'deploy.yaml': workflow, 'deploy.test.yaml': good})
    const {exitCode, stdout, stderr} = await project.run(['test', 'deploy.test.yaml'], {env})
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout.replace(/, [^,]*\)\n$/, ')\n')).toBe(
      'deploy.test.yaml\n  + deploys to production\n  + tells\n  + fetches only\n3 passed (3 cases in 1 file)\n',
    )
    expectNoTrace(project)
  })

  test('are found by workflow, by directory, and from the current directory; each file once', async () => {
    const small = 'cases: [{name: a, tasks: {t: {}}}]\n'
    const project = new Project({
      'a.yaml': 'id: a\ntasks: [{id: t, type: core/shell.run, inputs: {command: x}}]\n',
      'a.test.yaml': small,
      'sub/b.yml': 'id: b\ntasks: [{id: t, type: core/shell.run, inputs: {command: x}}]\n',
      'sub/b.test.yml': small,
      'sub/other.test.yaml': `workflow: ../a.yaml\n${small}`,
      'node_modules/x/c.test.yaml': 'no',
      '.hidden/c.test.yaml': 'no',
    })
    const names = async (...args: string[]): Promise<string[]> => {
      const found = await report(project, args)
      expect(found.exitCode).toBe(0)
      return found.report.files.map(({file, workflow: of}) => `${file} ${String(of)}`)
    }
    expect(await names('a.yaml', 'a.test.yaml', './a.test.yaml')).toEqual(['a.test.yaml a.yaml'])
    expect(await names('sub')).toEqual(['sub/b.test.yml sub/b.yml', 'sub/other.test.yaml a.yaml'])
    expect(await names()).toEqual(['a.test.yaml a.yaml', 'sub/b.test.yml sub/b.yml', 'sub/other.test.yaml a.yaml'])
  })
})

describe('cases that fail', () => {
  test('say what differs, and where it is expected', async () => {
    const cases = `cases:
  - name: differs
    inputs: {target: dev}
    vars: {who: me}
    secrets: {TOKEN: dummy-token-1}
    tasks:
      fetch: {output: {value: [a]}}
      score: {output: {stdout: "1"}}
      score[z]: {}
      wait: {output: {stdout: ready}}
    expect:
      status: failed
      failed: [wait]
      tasks:
        push: succeeded
        score[a]: {inputs: {args: [b]}, attempts: 2}
        score[c]: succeeded
        tell: skipped
      outputs: {scores: [{stdout: "2"}], log: -1}
`
    const project = new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases})
    const {exitCode, report: found} = await report(project)
    expect(exitCode).toBe(1)
    expect(found).toMatchObject({passed: 0, failed: 1, files: [{isValid: true, cases: [{name: 'differs', status: 'failed'}]}]})
    expect(findings(found)).toEqual([
      'unknown-item 9:7 the task "score" has no item "z" (did you mean "score[a]"?)',
      'unexpected-status 12:15 the run has succeeded, expected failed',
      'unexpected-value 13:15 the tasks that failed are [], expected ["wait"]',
      'unexpected-status 15:15 the task "push" has been skipped, expected succeeded (its condition is false: {{ inputs.target == "prod" }})',
      'unexpected-value 16:36 inputs.args[0] of the task "score[a]" is "a", expected "b"',
      'unexpected-value 16:51 the task "score[a]" made 1 attempt, expected 2',
      'unknown-item 17:9 the task "score" has no item "c" (did you mean "score[a]"?)',
      'not-in-run 18:9 the task "tell" is not part of the run (it is not among the default tasks, or it is a hook that did not run)',
      'unexpected-value 19:35 outputs.scores[0].stdout is "1", expected "2"',
    ])
  })

  test('a task that runs without a result says what to write, and hooks that follow from it say nothing', async () => {
    const cases = `cases:
  - {name: none, inputs: {target: dev}, secrets: {TOKEN: dummy-token-1}}
  - name: too few
    inputs: {target: dev}
    secrets: {TOKEN: dummy-token-1}
    tasks: {fetch: [{error: {code: EXIT_CODE}}]}
  - name: never ready
    inputs: {target: dev}
    secrets: {TOKEN: dummy-token-1}
    tasks: {fetch: {output: {value: []}}, wait: {output: {stdout: busy}}}
`
    const {exitCode, report: found} = await report(new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}))
    expect(exitCode).toBe(1)
    expect(findings(found)).toEqual([
      'no-mock 2:5 the task "fetch" runs, and the case has no result for it (add fetch: {output: {exitCode: …, stdout: …, stderr: …}}, with the properties that matter here)',
      'no-mock 6:5 the task "fetch" makes attempt 2, and the case has 1 result for it (add a result to the list of fetch)',
      'no-mock 10:5 the condition of "until" of the task "wait" does not hold for its mocked output (write a list with a result for each attempt: wait: [{output: …}, {output: …}])',
    ])
  })

  test('inputs, vars and secrets are refused as in a run', async () => {
    const cases = `cases:
  - {name: no input}
  - {name: bad input, inputs: {target: stage}}
  - {name: bad var, inputs: {target: dev}, vars: {retries: many}}
  - {name: no secret, inputs: {target: dev}}
`
    const {exitCode, report: found} = await report(new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}))
    expect(exitCode).toBe(1)
    expect(findings(found)).toEqual([
      'missing-input 2:12 the input "target" is required (--input target=dev|prod)',
      'invalid-value 3:23 input "target" must be one of "dev", "prod"',
      'refused 4:44 var retries: must be a number, as in the workflow file (for example retries: 3)',
      'missing-secret 5:5 a task reads the secret "TOKEN", and the case has no value for it (write secrets: {TOKEN: dummy-value})',
    ])
  })

  test('a condition that a task requires is asked', async () => {
    const cases = 'cases: [{name: a, select: {only: [fetch]}, inputs: {target: dev}, vars: {retries: 9}, tasks: {fetch: {}}}]\n'
    const {report: found} = await report(new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}))
    expect(findings(found)).toEqual([
      expect.stringContaining('(fetch: REQUIREMENT_FAILED: too many)'),
      expect.stringContaining('the task "tell" runs, and the case has no result for it'),
    ])
  })

  test('a result of the wrong shape fails the task, as it would in a run', async () => {
    const cases = `cases:
  - {name: shape, select: {only: [fetch]}, inputs: {target: dev}, tasks: {fetch: {output: {stdout: 3}}}}
`
    const {exitCode, report: found} = await report(new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}))
    expect(exitCode).toBe(1)
    expect(findings(found)[0]).toContain('the run has failed, expected succeeded (fetch: OUTPUT_INVALID')
  })
})

describe('computed vars', () => {
  test('have the value of the case, and no command runs', async () => {
    const project = new Project({
      'w.yaml': `id: w
vars: {commit: {command: 'touch started; echo none'}}
tasks: [{id: t, type: core/shell.run, env: {COMMIT: '{{ vars.commit }}'}, inputs: {command: x}}]
`,
      'w.test.yaml': `cases:
  - {name: given, vars: {commit: abc1}, tasks: {t: {}}, expect: {tasks: {t: {env: {COMMIT: abc1}}}}}
  - {name: a number, vars: {commit: 12}, tasks: {t: {}}, expect: {tasks: {t: {env: {COMMIT: 12}}}}}
  - {name: absent, tasks: {t: {}}}
`,
    })
    const {exitCode, report: found} = await report(project)
    expect(exitCode).toBe(1)
    expect(findings(found)).toEqual([
      'no-mock 4:5 a command computes the var "commit", and the case has no value for it (add vars: {commit: …})',
    ])
    expectNoTrace(project)
  })
})

describe('secrets', () => {
  test('are those of the case: neither the store nor the environment is asked, and outputs hide them', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [TOKEN]
tasks: [{id: t, type: core/shell.run, env: {T: '{{ secrets.TOKEN }}'}, inputs: {command: x}}]
outputs: {said: '{{ tasks.t.output.stdout }}'}
`,
      'w.test.yaml': `cases:
  - name: hidden
    secrets: {TOKEN: dummy-of-the-test}
    tasks: {t: {output: {stdout: it is dummy-of-the-test}}}
    expect: {tasks: {t: {env: {T: dummy-of-the-test}}}, outputs: {said: it is ***SECRET***}}
  - {name: absent, tasks: {t: {}}}
`,
    })
    const {stdout, exitCode} = await project.run(['test'], {env: {...env, TOKEN: 'violet-orbit-93'}})
    expect(exitCode).toBe(1)
    expect(stdout).toContain('+ hidden')
    expect(stdout).toContain('x absent')
    expect(stdout).not.toContain('violet-orbit-93')
  })
})

describe('files that cannot be used', () => {
  const bad = `cases:
  - name: a
    input: {target: dev}
    tasks:
      fetch: {outputs: {}}
      score: 3
      wait: [{error: {code: not-a-code}}]
      push: {output: 1, error: {code: X}}
    expect: {status: skipped, tasks: {fetch: suceeded}}
`
  test('findings of the schema have positions', async () => {
    const project = new Project({'deploy.yaml': workflow, 'deploy.test.yaml': bad})
    const {exitCode, report: found} = await report(project)
    expect(exitCode).toBe(3)
    expect(found).toMatchObject({passed: 0, failed: 0, files: [{isValid: false, cases: []}]})
    const all = findings(found)
    expect(all).toEqual([...all].sort((a, b) => Number(/ (\d+):/.exec(a)?.[1]) - Number(/ (\d+):/.exec(b)?.[1])))
    expect(all.join('\n')).toContain('unknown-property 3:5')
    expect(all.map((text) => / (\d+):/.exec(text)?.[1])).toEqual(['3', '5', '6', '7', '9', '9'])
  })

  test('names that the workflow does not have', async () => {
    const cases = 'cases: [{name: a, inputs: {targt: dev}, tasks: {fech: {}}}]\n'
    const {exitCode, report: found} = await report(new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}))
    expect(exitCode).toBe(3)
    expect(findings(found)).toEqual([
      'unknown-input 1:28 the workflow has no input "targt" (did you mean "target"?)',
      'unknown-task 1:49 the workflow has no task "fech" (did you mean "fetch"?)',
    ])
  })

  test.each([
    ['a workflow with errors', {'w.yaml': 'id: w\ntasks: [{id: t, type: core/shell.run}]\n', 'w.test.yaml': 'cases: [{name: a}]\n'}],
    ['no workflow', {'w.test.yaml': 'cases: [{name: a}]\n'}],
    ['broken YAML', {'w.test.yaml': 'cases: [{name: a}\n'}],
    ['no cases', {'w.test.yaml': 'cases: []\n'}],
    ['not a map', {'w.test.yaml': '- 1\n'}],
    ['an empty file', {'w.test.yaml': ''}],
    ['a NUL byte', {'w.test.yaml': 'cases: \0'}],
    [
      'aliases that grow',
      {
        'w.test.yaml': `a: &a [1,1,1,1,1,1,1,1,1]\n${Array.from('bcdefgh')
          .map((name, nth) => `${name}: &${name} [${`*${'abcdefg'.charAt(nth)},`.repeat(9)}]\n`)
          .join('')}`,
      },
    ],
  ])('%s', async (_, files) => {
    const {exitCode, report: found} = await report(new Project(files), ['w.test.yaml'])
    expect({exitCode, found}).toMatchObject({exitCode: 3, found: {files: [{file: 'w.test.yaml', isValid: false, cases: []}]}})
  })

  test('the other files are tested all the same', async () => {
    const project = new Project({'a.test.yaml': 'cases: [', 'deploy.yaml': workflow, 'deploy.test.yaml': good})
    const {exitCode, report: found} = await report(project)
    expect({exitCode, passed: found.passed, valid: found.files.map(({isValid}) => isValid)}).toEqual({
      exitCode: 3,
      passed: 3,
      valid: [false, true],
    })
  })

  test('what is no test at all is a wrong command line', async () => {
    const project = new Project({'deploy.yaml': workflow, 'empty/x.txt': ''})
    for (const [argument, says] of [
      ['deploy.yaml', 'write its cases into deploy.test.yaml'],
      ['empty', 'there is no test file in empty'],
      ['.', 'NAME.test.yaml'],
    ] as const) {
      const {exitCode, stderr} = await project.run(['test', argument], {env})
      expect(exitCode).toBe(2)
      expect(stderr).toContain(says)
    }
    expect((await report(project, ['none.test.yaml'])).exitCode).toBe(3)
  })

  test('a link to a directory is not followed; run refuses a test file, and validate checks it', async () => {
    const project = new Project({'deploy.yaml': workflow, 'deploy.test.yaml': good})
    symlinkSync('.', project.path('again'))
    expect((await report(project)).report.files).toHaveLength(1)
    const ran = await project.run(['run', 'deploy.test.yaml'], {env})
    expect(ran.exitCode).toBe(3)
    expect(ran.stderr).toContain('this is a test file, not a workflow')
    const valid = await project.run(['validate', 'deploy.yaml', 'deploy.test.yaml'], {env})
    expect(valid).toMatchObject({exitCode: 0, stdout: 'deploy.yaml: valid\ndeploy.test.yaml: valid\n'})
    project.write({'deploy.test.yaml': 'cases: [{name: a, tasks: {fech: {}}}]\n'})
    const invalid = await project.run(['validate', 'deploy.test.yaml'], {env})
    expect(invalid.exitCode).toBe(3)
    expect(invalid.stdout).toContain('did you mean "fetch"?')
  })
})

test('text from a file cannot steer the terminal', async () => {
  const cases =
    'cases:\n  - {name: "a\\e[2Jb\\nc", inputs: {target: prod}, select: {only: [fetch]}, tasks: {fetch: {error: {code: X, message: "\\e[31mred"}}}}\n'
  const {stdout} = await new Project({'deploy.yaml': workflow, 'deploy.test.yaml': cases}).run(['test'], {env})
  expect(stdout).not.toContain('\u001b')
  expect(stdout).toContain('  x a')
})
