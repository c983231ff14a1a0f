// What `workflow help TOPIC` says about things that are not commands.

import {errorCodes} from '../../lib/errors/error-codes.ts'
import {exitCodeMeanings} from '../../lib/errors/exit-code-meanings.ts'

export interface HelpTopic {
  readonly summary: string
  /** With line ends; `PROGRAM` stands for the name the program was called by. */
  readonly text: () => string
}

export const environmentVariables: readonly (readonly [names: string, meaning: string])[] = [
  ['AUTOKESTRA_HOME', 'the home directory of the program; default ~/.autokestra'],
  ['AUTOKESTRA_CONCURRENCY', 'maximum number of tasks at the same time; --concurrency overrides it'],
  ['AUTOKESTRA_SECRET_KEY', 'the master key of the secrets'],
  ['AUTOKESTRA_SECRET_KEY_CMD', 'a command that prints the master key'],
  ['AUTOKESTRA_NEW_SECRET_KEY', 'the next master key, for `PROGRAM secrets rotate-key`'],
  ['DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH', 'the Docker engine that builds images and runs restricted tasks'],
  ['NO_COLOR, FORCE_COLOR, TERM=dumb', 'colours off, colours on, no colours and no live display'],
  ['CI', 'no questions, and no live display'],
  ['GITHUB_ACTIONS', 'plain progress folds logs and annotates failures'],
  ['DEBUG', 'errors are shown with their stack traces'],
]

export const helpTopics: Readonly<Record<string, HelpTopic>> = {
  'exit-codes': {
    summary: 'What the exit codes mean.',
    text: () =>
      Object.entries(exitCodeMeanings)
        .map(([exitCode, meaning]) => {
          const codes = Object.entries(errorCodes).flatMap(([code, entry]) => (String(entry.exitCode) === exitCode ? [code] : []))
          return `${exitCode.padStart(3)}  ${meaning}\n${codes.map((code) => `       ${code}\n`).join('')}`
        })
        .join(''),
  },
  environment: {
    summary: 'The environment variables that are read.',
    text: () =>
      `${environmentVariables.map(([names, meaning]) => `${names}\n  ${meaning}\n`).join('')}\n` +
      'If a secret that a workflow declares is not stored, the variable of the same name is its value.\n',
  },
  templates: {
    summary: 'What you can write between {{ and }} in a workflow.',
    text: () => `A template is a CEL expression in quotes: '{{ vars.name }}'. A string that is one whole template keeps the type of its value.

inputs.NAME                   what the run was given: --input NAME=value
vars.NAME                     a constant of the workflow; --var NAME=value overrides it
env.NAME                      a variable of the workflow's env
secrets.NAME                  a declared secret, in inputs and env of a task
tasks.ID.output               the output of a task that this one needs
tasks.ID.status               succeeded, failed, skipped or cancelled
tasks.ID.error.code, .message why it failed
tasks.ID.attempts             how many attempts it took
run.id, .workflow, .startedAt the run itself; also .args, .os, .arch

if: '{{ tasks.fetch.output.items.size() > 0 }}'
if: '{{ always() }}'          also after a failure; failure() and cancelled() likewise
url: '{{ vars.base }}/users/{{ tasks.login.output.id }}'
`,
  },
  events: {
    summary: 'The events of a run, for programs.',
    text: () => `PROGRAM run FILE --events PATH writes one JSON object per line, to a file or with - to stdout.
PROGRAM runs show RUN --events prints the same lines again. PROGRAM schema --of events prints their JSON Schema.

run.started      the first: workflow, file, tasks
run.resumed      another process goes on with the run
run.parked       nothing but waits is left, and the process leaves (--park)
run.queued       the run waits for its concurrency group
run.admitted     the run holds its concurrency group
run.refused      the run does not begin, and why
task.expanded    the items of a task with forEach or matrix
task.started     an attempt begins
task.child       the task has started a run of its own
task.waiting     the task waits for an approval
task.answered    approved or rejected, and by whom
task.log         one line that a task wrote
task.retrying    an attempt failed, and another one follows
task.polled      the condition of until does not hold yet
task.interrupted an attempt whose process died, and what becomes of its task
task.finished    a task is over: status, output or error, metrics
task.required    all that the task requires holds
var.computed     a command has computed a var
task.skipped     a task will not run, and why
diagnostic       a warning
run.stopping     Ctrl-C, SIGTERM, the timeout of the run, or a request to cancel it
hooks.started    all tasks have ended, and hooks start
run.finished     the last: status, counts, outputs

Every event has seq (from 1, without gaps; log lines have line), ts (RFC 3339), run and type.
`,
  },
}
