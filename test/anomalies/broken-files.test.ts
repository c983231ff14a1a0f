// What `validate` prints about broken files, whole: one mistake is one finding, in words for those who wrote the file.

import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const task = '  - {id: a, type: core/console.log, inputs: {message: hi}}\n'
const head = 'id: w\ntasks:\n'

const files: Readonly<Record<string, string>> = {
  '01-type.yaml': `${head}  - {id: a, type: shell, inputs: {command: ls}}\n`,
  '02-retry.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: hi}, retry: 3}\n`,
  '03-for-each.yaml': `${head}  - id: a\n    type: core/console.log\n    forEach: {in: [1, 2]}\n    inputs: {message: "{{ item }}"}\n`,
  '04-inputs.yaml': `id: w\ninputs: {name: {typ: text}}\ntasks:\n  - {id: a, type: core/console.log, inputs: {message: "{{ inputs.name }}"}}\n`,
  '05-hooks.yaml': `id: w\nhooks: {onFailure: []}\ntasks:\n${task}`,
  '06-indent-key.yaml': `id: w\nvars:\n    a: 1\n  b: 2\ntasks:\n${task}`,
  '07-indent-item.yaml': `id: w\ntasks:\n  - id: a\n    type: core/console.log\n   inputs: {message: hi}\n`,
  '08-tab.yaml': `id: w\ntasks:\n\t- id: a\n`,
  '09-bracket.yaml': `id: w\nvars: {a: [1, 2}\ntasks:\n${task}`,
  '10-quote.yaml': `id: "w\ntasks:\n${task}`,
  '11-colon.yaml': `id: w\nname\ntasks:\n${task}`,
  '12-duplicate.yaml': `id: w\nid: v\ntasks:\n${task}`,
  '13-template.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: {{ vars.x }}}}\n`,
  '14-github.yaml': 'name: CI\non: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n',
  '15-taskfile.yaml': 'version: "3"\ntasks:\n  build:\n    cmds: [go build]\n',
  '16-dagu.yaml': 'schedule: "0 3 * * *"\nsteps:\n  - name: a\n    command: echo hi\n',
  '17-trigger.yaml': `id: w\ntrigger: {type: cron, cron: "0 3 * * *"}\ntasks:\n${task}`,
  '18-cron.yaml': `id: w\ntrigger: {type: cron, cron: often}\ntasks:\n${task}`,
  '19-long.yaml': `${head}  - {id: a, type: core/console.log, needs: [${'x'.repeat(2000)}], inputs: {message: hi}}\n`,
  '20-number.yaml': `id: w\nvars: {n: 9007199254740993}\ntasks:\n${task}`,
  '21-broken-plugin.yaml': `${head}${[1, 2, 3].map((n) => `  - {id: t${n}, type: my/broken.act${n}}\n`).join('')}`,
  '22-input-default.yaml': `id: w\ninputs: {limit: {type: integer, default: many}, stage: {enum: [dev, prod], default: test}}\ntasks:\n${task}`,
  '23-input-rules.yaml': `id: w\ninputs: {a: {minimum: 3, maximum: 1, type: number}, b: {type: boolean, pattern: x}, c-d: 1}\ntasks:\n${task}`,
  '24-input-secret.yaml': `id: w\ninputs: {apiKey: {required: true}, x: {secret: true}}\ntasks:\n${task}`,
  '25-input-unknown.yaml': `id: w\ninputs: {limit: 3}\ntasks:\n  - {id: a, type: core/console.log, inputs: {message: '{{ inputs.limt }}'}}\n`,
  '26-input-unused.yaml': `id: w\ninputs: {limit: 3}\ntasks:\n${task}`,
  '27-input-pattern.yaml': `id: w\ninputs: {name: {pattern: '(a+)+(?=b)'}}\ntasks:\n${task}`,
  '28-choice.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '{{ run.os == "linux" && "x" || "y" }}'}}\n`,
  '29-dollar.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '\${{ run.id }}'}}\n`,
  '30-equals.yaml': `${head}  - {id: a, type: core/console.log, if: '{{ run.os = "linux" }}', inputs: {message: hi}}\n`,
  '31-function.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '{{ toJSON(run) }} {{ hashFile("x") }}'}}\n`,
  '32-argument.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '{{ replace("a", 1, "b") }}'}}\n`,
  '33-env-now.yaml': `id: w\nenv: {NOW: '{{ now() }}'}\ntasks:\n${task}`,
  '34-status.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '{{ failure() }}'}}\n`,
  '35-upstream.yaml': `${head}${task}  - {id: b, type: core/console.log, inputs: {message: '{{ tasks.a.output }}'}}\n`,
  '36-for-each-key.yaml': `${head}  - {id: a, type: core/console.log, forEach: {items: [1], parallel: 2}, inputs: {message: '{{ item }}'}}\n`,
  '37-item-outside.yaml': `${head}  - {id: a, type: core/console.log, inputs: {message: '{{ item }}'}}\n`,
  '38-matrix.yaml': `${head}  - {id: a, type: core/console.log, matrix: {region: eu}, inputs: {message: '{{ matrix.regoin }}'}}\n`,
  '39-hooks.yaml': `id: w\nhooks: {onFail: []}\ntasks:\n${task}`,
  '40-cache.yaml': `${head}  - {id: a, type: core/console.log, cache: {file: ["src/**"]}, inputs: {message: hi}}\n`,
  '41-concurrency.yaml': `id: w\nconcurrency: {group: x, onConflict: wait}\ntasks:\n${task}`,
  '42-order.yaml': `id: w\norder: sequential\ntasks:\n${task}`,
  '43-default.yaml': `id: w\ndefault: [b]\ntasks:\n${task}`,
  '44-files.yaml': `${head}  - {id: a, type: core/console.log, files: {out: {x: ../y}}, inputs: {message: hi}}\n`,
  '45-kestra.yaml': 'id: w\nnamespace: company.team\ntasks:\n  - id: hello\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n',
  '46-argo.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: hello-}\nspec: {entrypoint: main}\n',
  '47-output.yaml': `${head}  - {id: a, type: core/shell.run, inputs: {command: ls}}\n  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.output.stdot }}'}}\n`,
  '48-output-of-items.yaml': `${head}  - {id: a, type: core/shell.run, forEach: {items: [1]}, inputs: {command: ls}}\n  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.output.stdout }}'}}\n`,
  '49-never-runs.yaml': `${head}  - {id: a, type: core/console.log, if: "{{ false }}", inputs: {message: hi}}\n  - {id: b, type: core/console.log, needs: [a], inputs: {message: hi}}\n`,
  '50-comparison.yaml': `id: w\ninputs: {limit: 3, stage: {enum: [dev, prod]}}\ntasks:\n  - {id: a, type: core/console.log, if: '{{ inputs.limit == "3" || inputs.stage == "prd" }}', inputs: {message: hi}}\n`,
  '51-container.yaml': `id: w\ncontainer: {img: alpine}\ntasks:\n${task}`,
  '52-require.yaml': `${head}  - {id: a, type: core/console.log, require: [{comand: make}], inputs: {message: hi}}\n`,
  '53-until.yaml': `${head}  - {id: a, type: core/shell.run, until: {if: output.done, every: 1ms}, inputs: {command: ls}}\n`,
  '54-hook-needs.yaml': `id: w\nhooks: {finally: [{id: last, type: core/console.log, needs: [a], inputs: {message: hi}}]}\ntasks:\n${task}`,
  '55-dotenv.yaml': `id: w\ndotenv: [{path: .env}]\ntasks:\n${task}`,
  '56-workflow-run.yaml': `${head}  - {id: a, type: core/workflow.run, inputs: {file: none.yaml}}\n`,
  '57-computed.yaml': `id: w\nvars: {commit: {command: git rev-parse HEAD, shell: fish}}\ntasks:\n  - {id: a, type: core/console.log, inputs: {message: '{{ vars.commit }}'}}\n`,
  '58-approval.yaml': `${head}  - {id: a, type: core/approval.wait, inputs: {mesage: hi}}\n`,
  '59-concurrency-group.yaml': `id: w\nconcurrency: {group: '{{ tasks.a.output }}'}\ntasks:\n${task}`,
  '60-foreign-task-keys.yaml': `${head}  - {id: a, run: make, depends: [b], when: x, continue-on-error: true, timeout-minutes: 5, image: alpine}\n`,
  '61-foreign-keys.yaml': `id: w\nschedule: '0 3 * * *'\nparams: {a: 1}\nhandlerOn: {failure: {command: x}}\nnamespace: a.b\ntasks:\n${task}`,
  '62-short-forms.yaml': `id: w\ndefault: a\nsecrets: API_TOKEN\nconcurrency: deploy\ndotenv: .env\nenv: [A=b]\ntasks:\n  - {id: a, type: core/console.log, forEach: ['x'], needs: b, until: done, require: [test -f x], inputs: {message: hi}}\n`,
  '63-text-that-stays.yaml': `id: w\nvars: {a: 1, b: 'v{{ vars.a }}', c: {format: '{{.Names}}', d: ['{{ inputs.x }}']}}\nenv: {DATA: '$HOME/data', OUT: '\${DATA}/out', PRICE: '$5'}\ntasks:\n  - {id: a, type: core/shell.run, env: {B: '{{ vars.b }}', C: '{{ vars.c }}', PATH: 'bin:$PATH', D: '$DATA'}, inputs: {command: 'true'}}\n`,
  '64-forms-of-inputs.yaml': `${head}  - {id: a, type: core/shell.run, inputs: {command: [make, make test], args: '--all'}}\n`,
}

it('the findings of broken files', async () => {
  const project = new Project({
    ...files,
    'autokestra.yaml': '',
    'plugins/broken/plugin.yaml': 'name: broken\nnamespace: my\nversion: one\nprotocol: nothing\nactions: 3\n',
  })
  const {stdout, exitCode} = await project.run(['validate', ...Object.keys(files)])
  expect(exitCode).not.toBe(0)
  await expect(stdout.replaceAll(project.dir, 'DIR')).toMatchFileSnapshot('broken-files.txt')
})

it('run warns that a trigger has no effect', async () => {
  const project = new Project({'w.yaml': files['17-trigger.yaml'] ?? ''})
  const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('schedules do not run yet: "trigger" is checked but has no effect')
  expect(stderr).toContain('run it from cron: 0 3 * * *')
})

it('what is not supported is not in the schema', async () => {
  const {stdout} = await new Project().run(['schema'])
  expect(stdout).toContain('"trigger"')
  expect(stdout).not.toContain('not supported')
})

it('run and --json list the first findings and count the others', async () => {
  const project = new Project({'w.yaml': `${head}${'  - {}\n'.repeat(80)}`})
  const json = JSON.parse((await project.run(['validate', 'w.yaml', '--json'])).stdout) as unknown
  expect(JSON.stringify(json)).toContain('"message":"and 60 more errors"')
  expect((await project.run(['run', 'w.yaml'])).stderr).toContain('error[more-findings]: and 60 more errors')
})
