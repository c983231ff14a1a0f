// Writes the contract of the command line as text that people can review: what commands take, and what their JSON documents hold.

import type {Command} from '@oclif/core'

type Argument = Command.Class['args'][string]
type Flag = Command.Class['flags'][string]

/** A command with its arguments and flags, one a line, flags by name. */
export function describeCommand(id: string, command: Command.Class): string {
  const {args, flags, baseFlags} = command
  const marks = [command.hidden && 'hidden', !command.strict && 'takes more words', command.enableJsonFlag && '--json']
  return [
    `workflow ${id.replaceAll(':', ' ')}${listed(marks)}`,
    ...[...command.aliases, ...command.hiddenAliases].map((alias) => `  alias ${alias.replaceAll(':', ' ')}`),
    ...Object.entries(args).map(([name, arg]) => `  ${name.toUpperCase()}${listed(argumentMarks(arg))}`),
    ...Object.entries({...baseFlags, ...flags})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, flag]) => `  ${flag.char === undefined ? '' : `-${flag.char}, `}--${name}${listed(flagMarks(flag))}`),
  ].join('\n')
}

function argumentMarks(arg: Argument): (string | false)[] {
  return [arg.required === true ? 'required' : 'optional', arg.multiple === true && 'many', ...valueMarks(arg)]
}

function flagMarks(flag: Flag): (string | false)[] {
  const isOption = flag.type === 'option'
  const {min, max} = flag as {min?: number; max?: number}
  return [
    isOption && `value ${flag.helpValue === undefined ? '' : [flag.helpValue].flat().join(' ')}`.trim(),
    isOption && flag.multiple === true && 'many',
    min !== undefined && `min ${String(min)}`,
    max !== undefined && `max ${String(max)}`,
    flag.required === true && 'required',
    flag.hidden === true && 'hidden',
    !isOption && flag.allowNo && `or --no-${flag.name}`,
    ...valueMarks(flag),
    (flag.aliases?.length ?? 0) > 0 && `aliases ${flag.aliases?.join(' ') ?? ''}`,
    (flag.exclusive?.length ?? 0) > 0 && `not with ${flag.exclusive?.join(' ') ?? ''}`,
    (flag.exactlyOne?.length ?? 0) > 0 && `exactly one of ${flag.exactlyOne?.join(' ') ?? ''}`,
    (flag.dependsOn?.length ?? 0) > 0 && `only with ${flag.dependsOn?.join(' ') ?? ''}`,
  ]
}

function valueMarks(of: Argument | Flag): (string | false)[] {
  const options = 'options' in of ? of.options : undefined
  const env = 'env' in of ? of.env : undefined
  const value: unknown = of.default
  return [
    options !== undefined && options.join('|'),
    env !== undefined && `env ${env}`,
    value !== undefined && `default ${typeof value === 'function' ? 'computed' : JSON.stringify(value)}`,
  ]
}

function listed(marks: readonly (string | false)[]): string {
  const words = marks.filter((mark) => typeof mark === 'string')
  return words.length === 0 ? '' : `: ${words.join(', ')}`
}

/**
 * The fields of JSON values of one kind, one a line: `path: type`. A field that not every object has gets a `?`, `[]` means the elements of an array.
 *
 *     shapeOf([{a: 1}, {a: null, b: 'x'}]) = ['a: null or number', 'b?: string']
 */
export function shapeOf(values: readonly unknown[], path = ''): string[] {
  const objects = values.filter((value): value is Record<string, unknown> => typeName(value) === 'object')
  const elements = values.filter((value): value is unknown[] => Array.isArray(value))
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].sort()
  const fields = names.flatMap((name) => {
    const having = objects.filter((object) => Object.hasOwn(object, name))
    const key = having.length === objects.length ? name : `${name}?`
    return shapeOf(
      having.map((object) => object[name]),
      path === '' ? key : `${path}.${key}`,
    )
  })
  const inner = elements.some((array) => array.length > 0) ? shapeOf(elements.flat(), `${path}[]`) : []
  // What the lines of its fields say needs no line of its own.
  const types = [...new Set(values.map(typeName))].filter(
    (type) => !(type === 'object' && fields.length > 0) && !(type === 'array' && inner.length > 0),
  )
  const own = types.length === 0 ? [] : [`${path === '' ? '(all)' : path}: ${types.sort().join(' or ')}`]
  return [...own, ...fields, ...inner]
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

/** What a failing comparison with a file of test/snapshots says. */
export function howToAccept(file: string): string {
  return (
    `The contract in test/snapshots/${file} changed. Scripts of users rely on it: if the change is on purpose, accept it with ` +
    '`npx vitest run test/snapshots --update` and add a line to CHANGELOG.md'
  )
}
