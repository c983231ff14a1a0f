// Files, environment and flags -> Config. The only reader of the environment. Without configuration files it loads no parser.

import {statSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defaultLimits} from '../execution/attempt/limits.ts'
import type {PluginPath} from '../plugins/plugin-entry.ts'
import {defaultSandboxLimits, type SandboxLimits} from '../runtimes/sandbox.ts'
import {requireDirectory, resolveFrom} from '../files/current-directory.ts'
import {defined} from '../util/defined.ts'
import type {Config, SettingOrigin} from './config.ts'
import type {Variables} from './environment.ts'
import {findProjectFile} from './find-project-file.ts'
import {expandTilde, type Home} from './home.ts'
import type {FileSettings} from './read-settings.ts'
import {maxConcurrency} from './schema.ts'

const defaultCacheMaxBytes = 5 * 1024 ** 3

export interface LoadConfigOptions {
  /** Absolute; undefined when the current directory was removed. */
  readonly cwd: string | undefined
  /** The workflow file, relative to `cwd`. `-` (standard input) and none: the project is looked for from `cwd`. */
  readonly workflowFile?: string
  readonly env: Variables
  readonly home: Home
  /** Checks configuration files. */
  readonly schemas: SchemaCompiler
  readonly flags?: {readonly concurrency?: number}
  /** Directory of the plugins that come with the program. */
  readonly bundledPluginDir?: string
}

/** Throws WorkflowError: CONFIG_INVALID with all findings of a file, DOCUMENT_UNREADABLE, or USAGE for a flag. */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const {cwd, env, home} = options
  const read = (file: string) => readIfPresent(file, options.schemas)
  const start = startDirectory(cwd, options.workflowFile)
  // A directory that was removed is in no project.
  const project = start === undefined ? {file: undefined, warnings: []} : findProjectFile(start)
  const user = await read(home.configFile)
  const own = project.file === undefined ? undefined : await read(project.file)
  const projectDir = project.file === undefined ? (start ?? '/') : path.dirname(project.file)

  const level = (origin: PluginPath['origin'], settings: FileSettings | undefined, fallback: string): PluginPath[] => {
    const paths = settings?.pluginPaths === undefined ? [fallback] : absolutePaths(settings, env)
    return paths.map((text) => ({path: text, origin}))
  }
  const bundled: PluginPath[] = options.bundledPluginDir === undefined ? [] : [{path: options.bundledPluginDir, origin: 'bundled'}]

  const baseImage = own?.baseImage ?? user?.baseImage
  const {concurrency, from} = chooseConcurrency(options.flags?.concurrency, env.AUTOKESTRA_CONCURRENCY, own?.concurrency, user?.concurrency)
  return {
    ...home,
    projectDir,
    pluginPaths: withoutRepeats([
      ...(start === undefined ? [] : level('project', own, path.join(projectDir, 'plugins'))),
      ...level('user', user, home.pluginDir),
      ...bundled,
    ]),
    allowShadowing: user?.allowShadowing ?? [],
    ...defined({baseImage}),
    autoBuild: own?.autoBuild ?? user?.autoBuild ?? false,
    concurrency,
    concurrencyFrom: from,
    placeholder: own?.placeholder ?? user?.placeholder,
    sandbox: {
      limits: {...defaultSandboxLimits, ...user?.sandbox.limits, ...own?.sandbox.limits},
      byPlugin: mergeByPlugin(user?.sandbox.byPlugin, own?.sandbox.byPlugin),
    },
    inheritEnv: [...(user?.inheritEnv ?? []), ...(own?.inheritEnv ?? [])],
    keepFilesMs: own?.keepFilesMs ?? user?.keepFilesMs ?? 7 * 24 * 3_600_000,
    ...defined({prune: user?.prune}),
    cacheMaxBytes: user?.cacheMaxBytes ?? defaultCacheMaxBytes,
    limits: {...defaultLimits, ...user?.limits, ...own?.limits},
    files: [user, own].flatMap((settings) => settings?.file ?? []),
    warnings: [...project.warnings, ...missingPaths(own, env), ...missingPaths(user, env), ...withoutEffect(own, home.configFile)],
  }
}

/** A project that came from elsewhere does not say itself what it may do. */
function withoutEffect(project: FileSettings | undefined, userFile: string): Diagnostic[] {
  if (project === undefined) return []
  const messages = [
    ...(project.allowShadowing === undefined
      ? []
      : ['plugins.allowShadowing has no effect here: only the user configuration decides which built-in plugins a project may replace']),
    ...(project.prune === undefined
      ? []
      : [
          'runs.prune has no effect here: the runs of all projects are kept together, so only the user configuration says which are removed',
        ]),
    ...(project.cacheMaxBytes === undefined
      ? []
      : ['cache.maxSize has no effect here: the files are kept for all projects, so only the user configuration says how many']),
  ]
  return messages.map((message) => ({
    severity: 'warning',
    code: 'setting-without-effect',
    message,
    file: project.file,
    hint: `set it in ${userFile}`,
  }))
}

/** A workflow file that does not exist is reported elsewhere: its directory is used as far as it is there. */
function startDirectory(cwd: string | undefined, workflowFile: string | undefined): string | undefined {
  if (workflowFile === undefined) return cwd
  return workflowFile === '-' ? requireDirectory(cwd) : path.dirname(resolveFrom(cwd, workflowFile))
}

async function readIfPresent(file: string, schemas: SchemaCompiler): Promise<FileSettings | undefined> {
  if (!isPresent(file)) return undefined
  const {readSettings} = await import('./read-settings.ts')
  return await readSettings(file, schemas)
}

function absolutePaths({file, pluginPaths = []}: FileSettings, env: Variables): string[] {
  return pluginPaths.map((text) => path.resolve(path.dirname(file), expandTilde(text, env)))
}

/** What was written down on purpose and is not there is mistyped. A default need not be there. */
function missingPaths(settings: FileSettings | undefined, env: Variables): Diagnostic[] {
  if (settings?.aboutPluginPath === undefined) return []
  const {aboutPluginPath} = settings
  return absolutePaths(settings, env).flatMap((directory, index) =>
    isPresent(directory)
      ? []
      : [aboutPluginPath(index, {code: 'missing-plugin-path', message: `the plugin directory ${directory} does not exist`})],
  )
}

/** What cannot be looked at is reported by the attempt to read it. */
function isPresent(file: string): boolean {
  try {
    return statSync(file, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    // A home that is a file holds no configuration; who needs the home says what is wrong with it.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')
  }
}

function chooseConcurrency(
  flag: number | undefined,
  variable: string | undefined,
  project: number | undefined,
  user: number | undefined,
): {concurrency: number; from: SettingOrigin} {
  if (flag !== undefined) {
    if (!isConcurrency(flag)) throw new WorkflowError('USAGE', `--concurrency must be a whole number from 1 to ${String(maxConcurrency)}.`)
    return {concurrency: flag, from: 'flag'}
  }
  if (variable) {
    const concurrency = /^\d{1,6}$/.test(variable) ? Number(variable) : 0
    if (!isConcurrency(concurrency)) {
      throw new WorkflowError('CONFIG_INVALID', `AUTOKESTRA_CONCURRENCY must be a whole number from 1 to ${String(maxConcurrency)}.`, {
        hint: 'Unset it to use the number of processor cores.',
      })
    }
    return {concurrency, from: 'environment'}
  }
  if (project !== undefined) return {concurrency: project, from: 'project'}
  if (user !== undefined) return {concurrency: user, from: 'user'}
  return {concurrency: availableParallelism(), from: 'default'}
}

function isConcurrency(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= maxConcurrency
}

type LimitsByPlugin = Readonly<Record<string, Partial<SandboxLimits>>>

/** One limit of the project wins over the same one of the user, not over all. */
function mergeByPlugin(user: LimitsByPlugin = {}, own: LimitsByPlugin = {}): LimitsByPlugin {
  const ids = new Set([...Object.keys(user), ...Object.keys(own)])
  return Object.fromEntries([...ids].map((id) => [id, {...user[id], ...own[id]}]))
}

/** One directory named twice is looked at once, at its first position. */
function withoutRepeats(paths: readonly PluginPath[]): PluginPath[] {
  return paths.filter((entry, index) => paths.findIndex((other) => other.path === entry.path) === index)
}
