// From the words of a command line to an exit code. Everything that can go wrong before, in or after a command ends here.

import {userInfo} from 'node:os'
import {join} from 'node:path'
import {type Interfaces, run, settings} from '@oclif/core'
import packageJson from '../../package.json' with {type: 'json'}
import {findHome, homeFiles} from '../lib/config/home.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {currentDirectory} from '../lib/files/current-directory.ts'
import {ensurePrivateDir} from '../lib/files/ensure-directory.ts'
import {reportError} from './report-error.ts'
import {addsExtension, describeAdded, installedExtensions, withLocalPackages} from './extensions.ts'
import {programName} from './program-name.ts'
import {mayHoldSecret, silentLogger} from './secret-words.ts'
import {topicUsageError} from './topic-usage.ts'
import {isParseFailure, usageError} from './usage-error.ts'

/** Runs the command line `argv` (without node and script). `root` is the directory of the package; `ids` are our own commands. */
export async function runCommandLine(argv: readonly string[], root: string, ids: readonly string[]): Promise<void> {
  const isJson = hasFlag(argv, '--json')
  if (hasFlag(argv, '--debug')) process.env['DEBUG'] ??= '1'
  const isOwn = isOwnCommand(argv, ids)
  const bin = programName(process.argv[1])
  guardProcess(isJson)
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
    process.exitCode = reportError(told, {isJson, isExtension: !isOwn})
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

/** Extensions, and what npm keeps for them, live beside everything else of the user. Returns their directory, when there is a home. */
function keepExtensionsInHome(bin: string, isInstalling: boolean): string | undefined {
  try {
    const home = findHome(process.env, currentDirectory())
    // oclif would make it readable for everybody.
    if (isInstalling) ensurePrivateDir(home)
    // oclif looks for variables that begin like the name of the program.
    const prefix = bin.toUpperCase()
    const dataDir = (process.env[`${prefix}_DATA_DIR`] ??= join(home, 'extensions'))
    process.env[`${prefix}_CONFIG_DIR`] ??= home
    process.env[`${prefix}_CACHE_DIR`] ??= homeFiles(home).cacheDir
    return dataDir
  } catch {
    // No home or no current directory: --help works without, and a command that needs them says so.
    return undefined
  }
}

/** oclif asks the system which shell a user has when SHELL does not say, and the system throws for a user that it does not know, as in many containers. */
function nameShell(): void {
  if (process.env['SHELL'] !== undefined) return
  try {
    userInfo()
  } catch {
    process.env['SHELL'] = '/bin/sh'
  }
}

function guardProcess(isJson: boolean): void {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error, {isJson}))
  })
  // First in line, as oclif's own listener throws whatever is not EPIPE. That one is BaseCommand's: the reader went away.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    const failure = new WorkflowError('OUTPUT_NOT_WRITABLE', `cannot write to standard output: ${error.message}`, {cause: error})
    process.exit(reportError(failure, {isJson: false}))
  })
  // Nobody reads the messages any more: going on in silence is all that is left.
  process.stderr.on('error', () => undefined)
}
