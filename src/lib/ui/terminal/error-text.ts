// An error that ends a command, for people and for programs.

import type {Diagnostic} from '../../errors/diagnostic.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {inNameOf} from './called-program.ts'
import {countSuffix, renderDiagnostics} from './diagnostics.ts'
import {sanitizeText} from './sanitize.ts'
import type {Style} from './style.ts'

export interface ErrorJson {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hint: string | null
    readonly diagnostics: readonly Diagnostic[]
  }
  readonly exitCode: number
}

/** Exit code of a bug. */
const internalExitCode = 70

const reportHint = 'please report it, with the output of the same command with --debug'

/** Text for stderr, ended by a line end. The stack is shown of bugs only, and only with `isDebug`. */
export function renderError(error: unknown, style: Style, isDebug = false): string {
  if (!(error instanceof WorkflowError)) return renderBug(error, style, isDebug)
  const frames = error.diagnostics.length === 0 ? '' : `${renderDiagnostics(error.diagnostics, 'text', style)}\n`
  const count = countSuffix(error.message, error.diagnostics)
  const hint = error.hint === undefined ? '' : `${style.bold('hint')}: ${safe(inNameOf(style.program, error.hint))}\n`
  const stack = isDebug ? `${style.dim(safe(describeCauses(error)))}\n` : ''
  return `${frames}${style.bold(style.red(`error[${error.code}]`))}: ${safe(error.message)}${count}\n${hint}${stack}`
}

/** What `--json` prints instead of a result. Nothing of a bug but its message. @param program the name the program was called by */
export function errorToJson(error: unknown, program = 'workflow'): ErrorJson {
  if (error instanceof WorkflowError) {
    const {code, message, hint, diagnostics, exitCode} = error
    return {error: {code, message, hint: hint === undefined ? null : inNameOf(program, hint), diagnostics}, exitCode}
  }
  return {error: {code: 'INTERNAL', message: messageOf(error), hint: reportHint, diagnostics: []}, exitCode: internalExitCode}
}

function renderBug(error: unknown, style: Style, isDebug: boolean): string {
  const stack = isDebug && error instanceof Error ? `${style.dim(safe(describeCauses(error)))}\n` : ''
  return `${style.bold(style.red('error[INTERNAL]'))}: ${safe(messageOf(error))}\n${style.bold('hint')}: this is a bug: ${reportHint}\n${stack}`
}

function messageOf(error: unknown): string {
  return `internal error: ${error instanceof Error ? error.message : String(error)}`
}

function describeCauses(error: Error): string {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? `${own}\ncaused by: ${describeCauses(error.cause)}` : own
}

function safe(text: string): string {
  return text
    .split('\n')
    .map((line) => sanitizeText(line))
    .join('\n')
}
