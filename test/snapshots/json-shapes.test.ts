// What `--json` prints is a contract: the fields of every command's document and their types, found by running each command.

import {expect, it} from 'vitest'
import {COMMANDS} from '../../src/cli.ts'
import {howToAccept, shapeOf} from '../rig/contract-text.ts'
import {Project} from '../rig/project.ts'

const files = {
  'good.yaml': `id: good
vars: {name: world, made: {command: echo 1}}
secrets: [TOKEN]
tasks:
  - id: greet
    type: core/shell.run
    env: {NAME: '{{ vars.name }}', TOKEN: '{{ secrets.TOKEN }}'}
    inputs: {command: 'echo "hello $NAME $TOKEN"'}
  - {id: left-out, type: core/shell.run, if: false, inputs: {command: 'true'}}
  - {id: tolerated, type: core/shell.run, continueOnError: true, retry: {max: 2, delay: 1ms}, inputs: {command: 'exit 3'}}
outputs: {greeting: '{{ tasks.greet.output.stdout }}', made: '{{ vars.made }}'}
`,
  'bad.yaml': 'id: bad\ntasks:\n  - {id: fails, type: core/shell.run, inputs: {command: exit 1}}\n',
  'slow.yaml': 'id: slow\ntimeout: 50ms\ntasks:\n  - {id: sleeps, type: core/shell.run, inputs: {command: sleep 30}}\n',
  'wrong.yaml': 'id: wrong\ntasks:\n  - {id: odd, type: core/shell.run, inputs: {comand: ls}}\n',
  'unknown.yaml': 'id: unknown\ntasks:\n  - {id: odd, type: no/such.plugin}\n',
  'restricted.yaml': 'id: restricted\nsecurity: restricted\ntasks:\n  - {id: t, type: core/console.log, inputs: {message: hi}}\n',
  'greedy.yaml':
    'id: greedy\nsecurity: restricted\npermissions: {filesystem: {write: [/etc]}}\ntasks:\n  - {id: t, type: core/console.log, inputs: {message: hi}}\n',
  'many.yaml': `id: many
tasks:
  - id: each
    type: core/shell.run
    forEach: {items: [a, b], key: '{{ item }}', failFast: false}
    continueOnError: true
    env: {ITEM: '{{ item }}'}
    inputs: {command: 'test "$ITEM" = a && echo ok > "$AUTOKESTRA_FILES/out"'}
    files: {out: {out: out}}
    cache: {}
  - {id: ask, type: core/approval.wait, continueOnError: true, inputs: {message: 'Go on?', timeout: 50ms}}
hooks: {finally: [{id: tell, type: core/shell.run, inputs: {command: 'true'}}]}
outputs: {files: '{{ tasks.each.files }}', items: '{{ tasks.each.items }}'}
`,
  'ask.yaml': `id: ask
tasks:
  - {id: ask, type: core/approval.wait, inputs: {message: 'Go on?', timeout: 1h}}
`,
  'good.test.yaml':
    'cases: [{name: a, secrets: {TOKEN: dummy-token}, vars: {made: x}, tasks: {greet: {output: {stdout: hi}}, tolerated: {}}, expect: {status: failed}}]\n',
  'odd.test.yaml': 'cases: [{}]\n',
  'odd.env': 'A B=c\n',
  '.env': 'TOKEN=other\nNEW=value\n',
}

/** Command lines, run one after another in one project. `--json` is added after the name of the command. */
const commandLines: readonly string[] = [
  'version',
  'help run',
  'completion bash',
  "complete -- runs ''",
  'init demo',
  'schema',
  'plugin init my/shout --language python',
  'plugin init',
  'plugin list',
  'plugin inspect core/shell',
  'plugin inspect my/shout --workflow restricted.yaml',
  'plugin build my/shout --print',
  'plugin build my/shout',
  'secrets set TOKEN --stdin',
  'secrets import .env --overwrite',
  'secrets import odd.env',
  'secrets list',
  'secrets get NEW',
  'secrets get NONE',
  'secrets export',
  'secrets export -o out.env',
  'secrets rotate-key --reencrypt',
  'secrets verify',
  'secrets delete NEW --force',
  'tasks good.yaml',
  'check good.yaml',
  'check restricted.yaml',
  'validate good.yaml wrong.yaml',
  'test good.test.yaml odd.test.yaml',
  'run good.yaml --dry-run',
  'run bad.yaml',
  'run slow.yaml',
  'run good.yaml',
  'run none.yaml',
  'run wrong.yaml',
  'run unknown.yaml',
  'run greedy.yaml',
  'run restricted.yaml',
  'run',
  'runs list',
  'runs show',
  'graph latest',
  'explain latest greet',
  'runs show --reveal --force',
  'runs show none',
  'runs approve latest',
  'runs reject none',
  'runs resume latest',
  'runs resume none',
  'runs retry latest --dry-run',
  'runs retry none',
  'runs logs',
  'run many.yaml',
  'runs show latest',
  'runs show latest --events',
  'runs watch latest',
  'runs cancel latest',
  'runs export latest -o run.jsonl',
  'runs import run.jsonl',
  'runs prune',
  'runs prune --older-than 0s --workflow bad',
  'secrets audit',
  'secrets reset --force',
]

/** Documents that are published by themselves: only what they begin with is looked at. */
const published = new Set(['schema'])

/** What the system tells of a process depends on when it was looked at. */
const isSampled = (line: string): boolean => /\bmetrics\??\.(peakMemoryBytes|cpuTimeMs)\??:/.test(line)

/** No Docker engine, whatever runs on this machine. */
const env = {DOCKER_HOST: 'unix:///nonexistent/docker.sock'}

async function describeDocument(project: Project, commandLine: string): Promise<string> {
  const [, verb = '', rest = ''] = /^((?:plugin |runs |secrets )?\S+)(.*)$/.exec(commandLine) ?? []
  const {exitCode, stdout} = await project.run(words(`${verb} --json${rest}`), {env, input: 'value'})
  const document: unknown = JSON.parse(stdout)
  const code = (document as {error?: {code: string}} | null)?.error?.code
  const shape = published.has(commandLine) ? Object.keys(document as object).sort() : shapeOf([document])
  return [
    `workflow ${commandLine}`,
    `  exit ${String(exitCode)}${code === undefined ? '' : ` ${code}`}`,
    ...shape.filter((line) => !isSampled(line)).map((line) => `  ${line}`),
  ].join('\n')
}

/** A run while it waits for an approval, the answer, and what is kept of it. */
async function describeApproval(): Promise<string[]> {
  const project = new Project(files)
  const run = project.start(['run', 'ask.yaml', '--progress', 'plain'], {env})
  await run.printed('workflow runs reject')
  const documents: string[] = []
  for (const commandLine of ['runs list', 'runs show', 'runs approve latest --comment fine'])
    documents.push(`while a task waits: ${await describeDocument(project, commandLine)}`)
  expect((await run.ended).exitCode).toBe(0)
  return [...documents, `after the answer: ${await describeDocument(project, 'runs show')}`]
}

/** Splits at blanks; a quoted word may be empty. */
function words(text: string): string[] {
  return text.split(' ').map((word) => word.replaceAll("'", ''))
}

it('documents of all commands are those of json-shapes.txt', {timeout: 120_000}, async () => {
  const project = new Project(files)
  const documents: string[] = []
  for (const commandLine of commandLines) documents.push(await describeDocument(project, commandLine))
  documents.push(...(await describeApproval()))
  await expect(`${documents.join('\n\n')}\n`, howToAccept('json-shapes.txt')).toMatchFileSnapshot('json-shapes.txt')
})

it('every command has a document here', () => {
  const ids = Object.keys(COMMANDS).map((id) => id.replace(':', ' '))
  expect(ids.filter((id) => !commandLines.some((commandLine) => commandLine === id || commandLine.startsWith(`${id} `)))).toEqual([])
})

it('every line of an event stream has the fields of event-shapes.txt', {timeout: 60_000}, async () => {
  const project = new Project(files)
  expect(await project.run(['secrets', 'set', 'TOKEN', '--stdin'], {input: 'value'})).toMatchObject({exitCode: 0})
  const lines: {type: string}[] = []
  for (const file of ['good.yaml', 'bad.yaml', 'slow.yaml']) {
    const {stdout} = await project.run(['run', file, '--events', '-', '--progress', 'quiet'])
    lines.push(
      ...stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as {type: string}),
    )
  }
  const types = [...new Set(lines.map(({type}) => type))].sort()
  const text = types.map((type) =>
    [
      type,
      ...shapeOf(lines.filter((line) => line.type === type))
        .filter((line) => !isSampled(line))
        .map((line) => `  ${line}`),
    ].join('\n'),
  )
  await expect(`${text.join('\n\n')}\n`, howToAccept('event-shapes.txt')).toMatchFileSnapshot('event-shapes.txt')
})
