// What templates may do with secrets: read declared ones by their literal names, in the inputs and the env of a task. Nothing is decided when
// the workflow runs, so what a task is given can be read in the file.

import {fieldsOf, isFields} from '../../documents/fields.ts'
import type {CheckFinding, Remark} from '../../documents/findings.ts'
import type {Reference} from '../../templates/compiled-expression.ts'
import {formatPath} from '../../templates/path.ts'
import {nearest} from '../../util/nearest.ts'
import {inputsOf, type KnownActions} from '../action-inputs.ts'
import type {DraftTemplate} from '../list-templates.ts'

/** The declared names as they are written; an entry that is not text is `''`, and left to the schema. */
export interface DeclaredSecrets {
  readonly list: readonly string[]
  readonly known: ReadonlySet<string>
  /** Those that may be missing. */
  readonly optional: ReadonlySet<string>
}

export function readDeclaredSecrets(written: unknown): DeclaredSecrets {
  const entries: readonly unknown[] = Array.isArray(written) ? written : []
  const list = entries.map(nameOf)
  return {list, known: new Set(list), optional: new Set(list.filter((_, index) => fieldsOf(entries[index])['optional'] === true))}
}

function nameOf(entry: unknown): string {
  const name = isFields(entry) ? entry['name'] : entry
  return typeof name === 'string' ? name : ''
}

/** What is wrong with reading a secret. */
export function checkSecret(
  {path: [name, ...deeper], isPresence}: Pick<Reference, 'path' | 'isPresence'>,
  template: Pick<DraftTemplate, 'site' | 'task'>,
  {list, known}: DeclaredSecrets,
  actions: KnownActions,
): Remark[] {
  if (typeof name !== 'string') {
    const hint = `write ${formatPath('secrets', [list[0] ?? 'NAME'])}, so that the file shows which task gets which secret`
    return [{code: 'computed-secret', message: 'secrets can only be read one at a time, by name', hint}]
  }
  const remarks: Remark[] = []
  const secret = formatPath('secrets', [name])
  if (!known.has(name))
    remarks.push({code: 'undeclared-secret', message: `Secret '${name}' not declared in workflow`, hint: () => suggest(name, list)})
  else if (deeper.length > 0) {
    const hint = `for a value that is JSON: fromJson(${secret})`
    remarks.push({code: 'unknown-name', message: `${secret} is text and has no properties`, hint})
  }
  // Whether it is there is not secret. The env of the workflow is evaluated before that is known.
  if (isPresence === true && template.site.kind !== 'workflowEnv') return remarks
  return [...remarks, ...refuse(template, secret, actions)]
}

/** Declared names that no template reads. @param used names that some template reads, wherever it stands */
export function* checkUnusedSecrets(
  {list, optional}: Pick<DeclaredSecrets, 'list' | 'optional'>,
  used: ReadonlySet<string>,
): Generator<CheckFinding> {
  const seen = new Set<string>()
  for (const [index, name] of list.entries()) {
    const isRepeated = seen.has(name)
    seen.add(name)
    // An entry that is not a name, or a repeated one, is a finding already.
    if (!/^[\w-]{1,255}$/.test(name) || isRepeated || used.has(name)) continue
    yield {
      at: ['secrets', index],
      severity: 'warning',
      code: 'unused-secret',
      message: `no task reads the secret '${name}'`,
      hint: `${optional.has(name) ? '' : 'the run needs it anyway; '}remove it from the list, or read it in the inputs or the env of a task`,
    }
  }
}

function suggest(name: string, declared: readonly string[]): string {
  const meant = nearest(name, declared)
  const known = declared.slice(0, 20).filter((one) => one !== '')
  const list = [...known, ...(declared.length > 20 ? ['…'] : []), name].join(', ')
  return meant === undefined
    ? `add it to the list: secrets: [${list}]`
    : `did you mean '${meant}'? Or add it to the list: secrets: [${list}]`
}

function refuse({site, task}: Pick<DraftTemplate, 'site' | 'task'>, secret: string, actions: KnownActions): Remark[] {
  const code = 'secret-not-allowed'
  const env = `env: {VALUE: "{{ ${secret} }}"}`
  switch (site.kind) {
    case 'env':
    case 'files':
      return []
    case 'input': {
      const type = String(task?.fields['type'])
      const input = String(site.name)
      if (!inputsOf(actions, type).argumentInputs.includes(input)) return []
      return [
        {
          code: 'secret-in-arguments',
          message: `the input "${input}" of ${type} becomes an argument of a process, and process lists show arguments to everyone`,
          hint: `pass the secret through the env of the task: ${env}`,
        },
      ]
    }
    case 'workflowEnv':
      return [
        {
          code,
          message: 'secrets cannot be read in the env of the workflow, which every task gets',
          hint: `write it in the tasks that need it: ${env}`,
        },
      ]
    case 'require':
      return [{code, message: 'secrets cannot be read in "require"', hint: `a command of "require" gets the env of the task: ${env}`}]
    case 'cache':
      return [
        {
          code,
          message: 'secrets cannot be read in "cache"',
          hint: 'the inputs and the env of the task are part of what its result depends on, with their secrets',
        },
      ]
    case 'workingDir':
      return [{code, message: 'secrets cannot be read in "workingDir": paths are shown in messages'}]
    case 'if':
      return [
        {
          code,
          message: 'secrets cannot be read in "if"',
          hint: `whether it is there can be asked: has(${secret}); to look at the value, check it in a task and read the output of that task in "if"`,
        },
      ]
    case 'concurrency':
      return [
        {
          code,
          message: 'secrets cannot be read in "concurrency", whose group other runs see',
          hint: 'build the name from inputs, vars, env and run',
        },
      ]
    case 'items':
    case 'itemKey':
      return [
        {
          code,
          message: 'secrets cannot be read in the items of a task: their keys are shown and stored',
          hint: 'read the secret in the inputs or the env of the task',
        },
      ]
    case 'until':
      return [
        {code, message: 'secrets cannot be read in "until"', hint: 'compare the value in the task, and read the result in its output'},
      ]
    case 'image':
    case 'workflowImage':
      return [
        {
          code,
          message: 'secrets cannot be read in the name of an image, which is shown and stored',
          hint: '`docker login` gives the credentials of a registry',
        },
      ]
    case 'outputs':
      return [
        {
          code,
          message: 'secrets cannot be read in the outputs of the workflow, which are shown and stored',
          hint: 'secrets are for the inputs and the env of tasks',
        },
      ]
  }
}
