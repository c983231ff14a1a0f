// What templates may do with secrets: read declared ones by their literal names, in the inputs and the env of a task. Nothing is decided when
// the workflow runs, so what a task is given can be read in the file.

import type {Reference} from '../templates/compiled-expression.ts'
import {formatPath} from '../templates/path.ts'
import {nearest} from '../util/nearest.ts'
import type {Report} from '../documents/report.ts'

/** Where a template stands, as far as secrets are concerned. */
export type SecretPlace =
  | {readonly kind: 'task'}
  /** An input that becomes an argument of a process. */
  | {readonly kind: 'argument'; readonly input: string; readonly type: string}
  | {readonly kind: 'workflow-env' | 'if' | 'outputs'}

export type Say = (code: string, message: string, hint?: string | (() => string | undefined)) => void

export class SecretChecker {
  readonly #declared: readonly string[]
  readonly #known: ReadonlySet<string>
  readonly #report: Report
  readonly #used = new Set<string>()

  /** `declared` is the list as it is written; entries that are not names are left to the schema. */
  constructor(declared: unknown, report: Report) {
    this.#declared = Array.isArray(declared) ? declared.map((name) => (typeof name === 'string' ? name : '')) : []
    this.#known = new Set(this.#declared)
    this.#report = report
  }

  check({path}: Pick<Reference, 'path'>, place: SecretPlace, say: Say): void {
    const [name, ...deeper] = path
    if (typeof name !== 'string') {
      say(
        'computed-secret',
        'secrets can only be read one at a time, by name',
        `write ${formatPath('secrets', [this.#declared[0] ?? 'NAME'])}, so that the file shows which task gets which secret`,
      )
      return
    }
    this.#used.add(name)
    if (!this.#known.has(name)) say('undeclared-secret', `Secret '${name}' not declared in workflow`, () => this.#suggest(name))
    else if (deeper.length > 0) {
      const secret = formatPath('secrets', [name])
      say('unknown-name', `${secret} is text and has no properties`, `for a value that is JSON: fromJson(${secret})`)
    }
    refuse(place, name, say)
  }

  /** Call it after all templates were checked. */
  reportUnused(): void {
    const seen = new Set<string>()
    for (const [index, name] of this.#declared.entries()) {
      const isRepeated = seen.has(name)
      seen.add(name)
      // An entry that is not a name, or a repeated one, is a finding already.
      if (!/^[\w-]{1,255}$/.test(name) || isRepeated || this.#used.has(name)) continue
      this.#report(['secrets', index], 'value', {
        severity: 'warning',
        code: 'unused-secret',
        message: `no task reads the secret '${name}'`,
        hint: 'the run needs it anyway; remove it from the list, or read it in the inputs or the env of a task',
      })
    }
  }

  #suggest(name: string): string {
    const meant = nearest(name, this.#declared)
    const list = [...this.#declared.slice(0, 20).filter((known) => known !== ''), ...(this.#declared.length > 20 ? ['…'] : []), name].join(
      ', ',
    )
    return meant === undefined
      ? `add it to the list: secrets: [${list}]`
      : `did you mean '${meant}'? Or add it to the list: secrets: [${list}]`
  }
}

function refuse(place: SecretPlace, name: string, say: Say): void {
  const env = `env: {VALUE: "{{ ${formatPath('secrets', [name])} }}"}`
  switch (place.kind) {
    case 'task':
      return
    case 'argument':
      say(
        'secret-in-arguments',
        `the input "${place.input}" of ${place.type} becomes an argument of a process, and process lists show arguments to everyone`,
        `pass the secret through the env of the task: ${env}`,
      )
      return
    case 'workflow-env':
      say(
        'secret-not-allowed',
        'secrets cannot be read in the env of the workflow, which every task gets',
        `write it in the tasks that need it: ${env}`,
      )
      return
    case 'if':
      say('secret-not-allowed', 'secrets cannot be read in "if"', 'check the secret in a task, and read the output of that task in "if"')
      return
    case 'outputs':
      say(
        'secret-not-allowed',
        'secrets cannot be read in the outputs of the workflow, which are shown and stored',
        'secrets are for the inputs and the env of tasks',
      )
  }
}
