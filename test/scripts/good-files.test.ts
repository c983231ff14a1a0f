// Workflow files that are right, with the whole text of what `validate` says about them.

import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const say = (message: string, more = ''): string => `  - {id: a, type: core/console.log, inputs: {message: '${message}'}${more}}\n`
const one = (more: string): string => `id: w\n${more}tasks:\n${say('hi')}`
const reads = (expression: string, more = ''): string => `id: w\n${more}tasks:\n${say(`{{ ${expression} }}`)}`
const keyed = (more: string): string => `id: w\ntasks:\n${say('hi', `, ${more}`)}`

const files: Readonly<Record<string, string>> = {
  '01-least.yaml': one(''),
  '02-names.yaml': one('apiVersion: v1\nname: A name\ndescription: What for\nlabels: {team: a, tier: 1, on: true}\n'),
  '03-vars.yaml': reads('vars.list[0].a + vars.n', 'vars: {list: [{a: 1}], n: 2}\n'),
  '04-env.yaml': reads('env.HOME_URL', "vars: {host: a}\nenv: {HOME_URL: 'https://{{ vars.host }}'}\n"),
  '05-secrets.yaml': `id: w\nsecrets: [KEY]\ntasks:\n  - {id: a, type: core/shell.run, env: {K: '{{ secrets.KEY }}'}, inputs: {command: 'true'}}\n`,
  '06-inputs.yaml': reads('inputs.day', 'inputs: {day: {type: string, format: date, required: true, description: the day}}\n'),
  '07-input-short.yaml': reads('join(inputs.tags, ",") + string(inputs.n) + inputs.s', 'inputs: {tags: [a], n: 3, s: text}\n'),
  '08-input-enum.yaml': reads('inputs.stage', 'inputs: {stage: {enum: [dev, prod], default: dev}}\n'),
  '09-input-object.yaml': reads('inputs.o.a', 'inputs: {o: {type: object, properties: {a: {type: integer}}, default: {a: 1}}}\n'),
  '10-input-env.yaml': one("inputs: {n: 3}\nenv: {N: '{{ inputs.n }}'}\n"),
  '11-needs.yaml': `${one('')}  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.output }}'}}\n`,
  '12-hyphens.yaml': `id: w\ntasks:\n  - {id: my-task, type: core/shell.run, inputs: {command: 'true'}}\n  - {id: b, type: core/console.log, needs: [my-task], inputs: {message: '{{ tasks.my-task.output.stdout }}'}}\n`,
  '13-if.yaml': keyed(`if: '{{ run.os == "linux" }}'`),
  '14-if-false.yaml': keyed('if: false'),
  '15-status.yaml': `${one('')}  - {id: b, type: core/console.log, needs: [a], if: '{{ failure() || success() }}', inputs: {message: x}}\n`,
  '16-retry.yaml': keyed('retry: {max: 3, backoff: exponential, delay: 1s, maxDelay: 1m, jitter: true, on: [error]}'),
  '17-timeout.yaml': keyed('timeout: 90'),
  '18-tolerated.yaml': keyed('continueOnError: true, idempotent: true, name: A, description: B'),
  '19-defaults.yaml': one('defaults: {retry: {max: 2}, timeout: 5m}\n'),
  '20-run.yaml': one('timeout: 1h\nparallelism: 3\nfailFast: false\nenabled: true\n'),
  '21-inherit.yaml': one("inheritEnv: [KUBECONFIG, 'AWS_*']\nworkingDir: .\n"),
  '22-restricted.yaml': one("security: restricted\npermissions: {network: ['https://a.example/*']}\nresources: {memory: 64MiB}\n"),
  '23-outputs.yaml': `${one('')}outputs: {all: '{{ tasks }}', run: '{{ run.id }}'}\n`,
  '24-trigger.yaml': one("trigger: {type: cron, cron: '0 3 * * *', timezone: Europe/Zurich}\n"),
  '25-order.yaml': `${one('order: listed\n')}  - {id: b, type: core/console.log, inputs: {message: '{{ tasks.a.status }}'}}\n`,
  '26-default.yaml': one('default: [a]\n'),
  '27-args.yaml': reads('toJson(run.args)'),
  '28-for-each.yaml': `id: w\ntasks:\n${say('{{ row.id }}', ", forEach: {items: [{id: 1}], as: row, key: '{{ row.id }}', parallelism: 2, failFast: false}")}`,
  '29-matrix.yaml': `id: w\ntasks:\n${say('{{ matrix.region }}', ', matrix: {region: [eu, us], exclude: [{region: us}]}')}`,
  '30-hooks.yaml': one(`hooks: {finally: [{id: last, type: core/console.log, inputs: {message: '{{ run.status }}'}}]}\n`),
  '31-cache.yaml': keyed("cache: {files: ['src/**', '!**/*.md'], key: ['{{ run.os }}'], makes: ['dist/**'], ttl: 1h}"),
  '32-concurrency.yaml': one("inputs: {stage: dev}\nconcurrency: {group: 'deploy-{{ inputs.stage }}', onConflict: queue}\n"),
  '33-files.yaml': keyed("files: {in: {raw.json: '{{ run.id }}'}, out: {rows: 'out/*.csv'}}"),
  '34-choice.yaml': reads('run.os == "linux" ? "x" : "y"'),
  '35-default-value.yaml': reads('vars.a.b ?? default(vars.c, "none")', 'vars: {a: {}}\n'),
  '36-times.yaml': reads('formatTime(now() - duration("1d"), "yyyy-MM-dd")'),
  '37-lists.yaml': reads('range(3).map(x, x * 2).filter(x, x > 0)'),
  '38-text.yaml': `id: w\ntasks:\n${say('a {{ run.id }} b {{ "{{" }} }}')}`,
  '39-other-templates.yaml': `id: w\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'docker ps --format "{{.ID}}"'}}\n`,
  '40-anchors.yaml': `id: w\nvars: {base: &base {a: 1}, more: {<<: *base, b: 2}}\ntasks:\n${say('{{ vars.more.a }}')}`,
  '41-container.yaml': `id: w\ncontainer: 'alpine:3.20'\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'true'}}\n`,
  '42-require.yaml': keyed(`require: [{if: '{{ run.os != "plan9" }}', message: a real system}, {command: 'true', message: a shell}]`),
  '43-until.yaml': `id: w\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'true'}, until: {if: '{{ output.exitCode == 0 }}', every: 5s, limit: 10m}}\n`,
  '44-hooks-of-all-ends.yaml': one(
    `hooks:\n  onFailure: [{id: tell, type: core/console.log, inputs: {message: '{{ toJson(run.failed) }}'}}]\n  onCancel: [{id: undo, type: core/console.log, inputs: {message: x}}]\n`,
  ),
  '45-dotenv.yaml': one('dotenv: [{file: .env, optional: true}, {file: .env.local, optional: true}]\n'),
  '46-computed.yaml': reads('vars.commit', 'vars: {commit: {command: git rev-parse HEAD}}\n'),
  '47-workflow-run.yaml': `id: w\ntasks:\n  - {id: a, type: core/workflow.run, inputs: {file: 01-least.yaml}}\n`,
  '48-approval.yaml': `${one('')}  - {id: ask, type: core/approval.wait, needs: [a], inputs: {message: 'deploy?'}}\n`,
  '49-output-of-items.yaml': `id: w\ntasks:\n  - {id: a, type: core/shell.run, forEach: {items: [1]}, inputs: {command: 'true'}}\n  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.output[0].stdout + tasks.a.items[0].status }}'}}\n`,
}

it('files that are right have no errors', async () => {
  const project = new Project(files)
  const {stdout, exitCode} = await project.run(['validate', ...Object.keys(files)])
  await expect(stdout.replaceAll(project.dir, 'DIR')).toMatchFileSnapshot('good-files.txt')
  expect(stdout).not.toContain('error[')
  expect(exitCode).toBe(0)
})
