// The one place that prints the error which ends a command, and turns it into an exit code.

import type {Environment} from '../lib/config/environment.ts'
import {maskError} from '../lib/errors/mask-error.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {ExtensionFailure} from './extension-failure.ts'
import {errorToJson, renderError} from '../lib/ui/terminal/error-text.ts'
import {createStyle} from '../lib/ui/terminal/style.ts'
import {detectTerminal} from '../lib/ui/terminal/terminal.ts'
import {programName} from './program-name.ts'

/** Thrown after an error was printed, so that nothing prints it again and nothing goes on as if the command had succeeded. */
export class ReportedError extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`already reported, exit ${String(exitCode)}`)
    this.name = 'ReportedError'
    this.exitCode = exitCode
  }
}

interface ReportOptions {
  readonly environment: Environment
  /** One JSON document on stdout instead of text on stderr. */
  readonly isJson: boolean
  /** The command belongs to a CLI extension: what it throws is its own affair and no bug of this program. */
  readonly isExtension?: boolean
  /** Hides secrets in everything that is printed of the error. */
  readonly mask?: ((text: string) => string) | undefined
}

/** Prints the error and returns the exit code of the process. With DEBUG in the environment a stack is shown too. */
export function reportError(reported: unknown, {environment, isJson, isExtension: isOther = false, mask}: ReportOptions): number {
  if (reported instanceof ReportedError) return reported.exitCode
  const isExtension = isOther || reported instanceof ExtensionFailure
  const error: unknown = reported instanceof ExtensionFailure ? reported.cause : reported
  const wantedExit = oclifExitCode(error)
  if (wantedExit !== undefined && isExitRequest(error)) return wantedExit

  const own = isExtension && !(error instanceof WorkflowError) ? extensionError(error) : error
  const told = mask === undefined ? own : maskError(own, mask)
  const program = programName(process.argv[1])
  const document = errorToJson(told, program)
  const exitCode = (isExtension ? wantedExit : undefined) ?? document.exitCode
  const style = createStyle(detectTerminal(process.stderr, environment.terminal), program)
  if (isJson) process.stdout.write(`${JSON.stringify({...document, exitCode}, undefined, 2)}\n`)
  else process.stderr.write(renderError(told, style, environment.isDebug))
  return exitCode
}

function extensionError(error: unknown): WorkflowError {
  return new WorkflowError('EXTENSION_FAILED', error instanceof Error ? error.message : String(error), {cause: error})
}

/** The exit code an oclif error carries. Read by shape, as an extension's command brings its own copy of oclif. */
function oclifExitCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('oclif' in error)) return undefined
  const {oclif} = error
  if (typeof oclif !== 'object' || oclif === null || !('exit' in oclif)) return undefined
  return typeof oclif.exit === 'number' ? oclif.exit : undefined
}

/** `this.exit(n)` in a command throws; it says nothing but the exit code. */
export function isExitRequest(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIT'
}
