// Turns what oclif says about a command line into one USAGE error with the command to type next.

import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {nearest} from '../lib/util/nearest.ts'

/** The parts of oclif's parse errors that are looked at. They are distinguished by these, as an extension's command brings classes of its own. */
interface ParseFailure extends Error {
  readonly parse?: unknown
  readonly flags?: unknown
  readonly args?: unknown
}

/** The parts of a command class that a suggestion needs. */
interface CalledCommand {
  /** Topics and verb joined with `:`, or with spaces. */
  readonly id: string
  readonly flags?: object
  readonly baseFlags?: object
  readonly enableJsonFlag?: boolean
  /** Its arguments may be secret: no error quotes them. */
  readonly hidesArguments?: boolean
}

/** Whether the error comes from parsing a command line, be it by our oclif or by the one of an extension. */
export function isParseFailure(error: unknown): error is ParseFailure {
  return error instanceof Error && 'parse' in error && 'oclif' in error
}

/**
 * The error for the user. `command` is the class that was called; its flags are what a mistyped one is compared with.
 * Anything thrown while parsing is the user's command line, apart from a WorkflowError, which has its own code.
 */
export function usageError(error: unknown, command: CalledCommand): WorkflowError {
  const words = command.id.replaceAll(':', ' ')
  const help = `\`workflow ${words} --help\` lists its arguments and flags`
  if (error instanceof WorkflowError) {
    return new WorkflowError(error.code, plainMessage(error.message), {
      hint: error.hint ?? help,
      diagnostics: error.diagnostics,
      cause: error,
    })
  }
  if (!(error instanceof Error)) return new WorkflowError('USAGE', String(error), {hint: help})
  const failure: ParseFailure = error
  const unknownFlags = strings(failure.flags)
  if (unknownFlags.length > 0) {
    const known = Object.keys({...(command.enableJsonFlag && {json: true}), ...command.baseFlags, ...command.flags, help: true})
    const meant = unknownFlags.map((flag) => nearest(flag.replace(/^-+/, '').replace(/=.*/, ''), known)).find((flag) => flag !== undefined)
    const hint = meant === undefined ? help : `did you mean \`--${meant}\`? ${help}`
    if (command.hidesArguments) {
      return new WorkflowError('USAGE', 'unknown flag; it is not shown here, as it may be a value', {
        hint: `${meant === undefined ? '' : `did you mean \`--${meant}\`? `}put a value that begins with - after --: \`workflow ${words} NAME -- -VALUE\``,
      })
    }
    return new WorkflowError(
      'USAGE',
      `unknown ${plural('flag', unknownFlags)} ${unknownFlags.map((flag) => flag.replace(/=[^]*/, '')).join(', ')}`,
      {hint, cause: error},
    )
  }
  const missing = names(failure.args)
  if (missing.length > 0) {
    return new WorkflowError('USAGE', `missing ${plural('argument', missing)} ${missing.join(', ').toUpperCase()}`, {
      hint: help,
      cause: error,
    })
  }
  if (command.hidesArguments) {
    const isTooMany = names(failure.args).length === 0 && Array.isArray(failure.args)
    if (isTooMany) {
      return new WorkflowError('USAGE', 'too many arguments; they are not shown here, as one may be a value', {
        hint: words === 'secrets set' ? 'put a value with spaces in quotes' : help,
      })
    }
    return new WorkflowError('USAGE', withoutGivenValue(plainMessage(error.message)), {hint: help})
  }
  return new WorkflowError('USAGE', plainMessage(error.message), {hint: help, cause: error})
}

/** Oclif quotes what a flag was given: `Expected --x=VALUE to be one of: …`, `received: VALUE`. */
function withoutGivenValue(message: string): string {
  return message
    .replace(/(--[\w-]+)=[^]*? to be /, '$1 to be ')
    .replace(/(,? but received:?) [^]*$/, '')
    .replace(/^(--[\w-]+): Expected/, '$1: expected')
}

/** Oclif's sentence without its frame: `Parsing --x \n\t…\nSee more help with --help`. */
function plainMessage(message: string): string {
  const text = message.replace(/\nSee more help with --help\s*$/, '')
  const framed = /^Parsing (--\S+) \n\t([\s\S]*)$/.exec(text)
  const plain = framed === null ? text : `${framed[1] ?? ''}: ${framed[2] ?? ''}`
  return plain.replace(/^The following errors? occurred:\s*/, '').replaceAll(/\n\s*/g, '; ')
}

function plural(noun: string, list: readonly unknown[]): string {
  return list.length === 1 ? noun : `${noun}s`
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

function names(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown) => (typeof entry === 'object' && entry !== null && 'name' in entry ? [String(entry.name)] : []))
}
