// From the words of a command line to an exit code. Everything that can go wrong before, in or after a command ends here.

import {type Interfaces, run, settings} from '@oclif/core'
import packageJson from '../../package.json' with {type: 'json'}
import {readEnvironment, type Environment} from '../lib/config/environment.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {reportError} from './report-error.ts'
import {keepExtensionsInHome, nameShell, turnOnDebug} from './oclif-environment.ts'
import {addsExtension, describeAdded, installedExtensions, withLocalPackages} from './extensions.ts'
import {programName} from './program-name.ts'
import {mayHoldSecret, silentLogger} from './secret-words.ts'
import {topicUsageError} from './topic-usage.ts'
import {isParseFailure, usageError} from './usage-error.ts'

/** Runs the command line `argv` (without node and script). `root` is the directory of the package; `ids` are our own commands. */
export async function runCommandLine(argv: readonly string[], root: string, ids: readonly string[]): Promise<void> {
  const isJson = hasFlag(argv, '--json')
  if (hasFlag(argv, '--debug')) turnOnDebug()
  const environment = readEnvironment()
  const isOwn = isOwnCommand(argv, ids)
  const bin = programName(process.argv[1])
  guardProcess(isJson, environment)
  nameShell()
  const dataDir = keepExtensionsInHome(bin, argv[0] === 'plugins')
  // A linked extension runs what it has built; oclif would else look for a TypeScript compiler in it.
  settings.enableAutoTranspile = false
  const installed = installedExtensions(dataDir)
  // oclif reads the manifests of these packages at every start. They hold nothing that one of our own commands needs.
  const plugins = isOwn ? [] : packageJson.oclif.plugins
  const {prerun, ...ownHooks} = packageJson.oclif.hooks
  const hooks = isOwn && installed.length === 0 ? ownHooks : {...ownHooks, prerun}
  // oclif's type asks for the literal words, TypeScript widens what it reads from JSON.
  const pjson = {...packageJson, oclif: {...packageJson.oclif, bin, plugins, hooks}} as unknown as Interfaces.PJSON
  const options = {root, pjson, devPlugins: false, userPlugins: installed.length > 0 || !isOwn}
  try {
    const wrongTopic = topicUsageError(argv, ids)
    if (wrongTopic !== undefined) throw wrongTopic
    const logger = mayHoldSecret(argv) ? silentLogger : undefined
    await run(withLocalPackages(argv), {...options, logger})
    if (addsExtension(argv) && !isJson) {
      const added = await describeAdded(installed, options, bin)
      process.stderr.write(added.map((line) => `${line}\n`).join(''))
    }
  } catch (error) {
    const told = isParseFailure(error) ? usageError(error, {id: leadingWords(argv)}) : error
    process.exitCode = reportError(told, {environment, isJson, isExtension: !isOwn})
  }
}

/** Whether the first word is one of our commands or topics. Help and completion are not: they know everything there is. */
function isOwnCommand(argv: readonly string[], ids: readonly string[]): boolean {
  const [first] = argv
  return first !== undefined && first !== 'help' && first !== 'complete' && ids.some((id) => id.split(':')[0] === first)
}

function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? undefined : end).includes(flag)
}

/** The words before the first flag, of which the first two may name a command. */
function leadingWords(argv: readonly string[]): string {
  const end = argv.findIndex((word) => word.startsWith('-'))
  return argv.slice(0, Math.min(end === -1 ? argv.length : end, 2)).join(' ')
}

function guardProcess(isJson: boolean, environment: Environment): void {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error, {environment, isJson}))
  })
  // First in line, as oclif's own listener throws whatever is not EPIPE. That one is BaseCommand's: the reader went away.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    const failure = new WorkflowError('OUTPUT_NOT_WRITABLE', `cannot write to standard output: ${error.message}`, {cause: error})
    process.exit(reportError(failure, {environment, isJson: false}))
  })
  // The messages have no reader left: all that remains is to go on silently.
  process.stderr.on('error', () => undefined)
}
