// What applies to one workflow file: the configuration of its project and of the user, and the plugins that these lead to. Nothing of it outlives the
// project: the next one is looked up again.

import {dirname, join} from 'node:path'
import type {Config} from '../config/config.ts'
import type {Environment} from '../config/environment.ts'
import {describeEnvironment} from '../config/environment-facts.ts'
import type {Home} from '../config/home.ts'
import {loadConfig} from '../config/load.ts'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {resolveFrom} from '../files/current-directory.ts'
import {readText} from '../files/read-text.ts'
import type {PluginImages} from '../images/plugin-images.ts'
import type {PlanRequest} from '../planning/apply-request.ts'
import {planFile} from '../planning/plan-file.ts'
import {maxStdinBytes} from '../planning/read-workflow-file.ts'
import type {AskInput} from '../planning/resolve-inputs.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import {PluginManager} from '../plugins/plugin-manager.ts'
import type {ImageEngine} from '../runtimes/image-engine.ts'
import {defined} from '../util/defined.ts'

export interface ProjectRequest {
  /** The workflow file: its directory is where the project is looked for. Without one, and for `-` (standard input), the current directory is. */
  readonly file?: string | undefined
  /** Most tasks at a time; overrules file and configuration. */
  readonly concurrency?: number | undefined
}

/** What a project needs of the program. */
export interface ProjectParts {
  /** Directory of the package. */
  readonly root: string
  readonly version: string
  /** Absolute; undefined when the current directory was removed. */
  readonly cwd: string | undefined
  readonly environment: Environment
  readonly stdin: NodeJS.ReadableStream
  readonly home: Home
  readonly schemas: SchemaCompiler
  /** Rejects with DOCKER_UNAVAILABLE. */
  readonly openEngine: () => Promise<ImageEngine>
}

export class Project {
  readonly config: Config
  readonly plugins: PluginManager
  readonly #parts: ProjectParts

  constructor(config: Config, parts: ProjectParts) {
    const {root, version, schemas} = parts
    this.config = config
    this.#parts = parts
    this.plugins = new PluginManager({
      paths: config.pluginPaths,
      cacheDir: config.cacheDir,
      shadowing: {allowed: config.allowShadowing, configFile: config.configFile},
      bundledSources: join(root, 'plugins'),
      schemas,
      programVersion: version,
      // Bundled into TypeScript plugins: finding the SDK at run time would cost their host a loader.
      sdkModules: {'@autokestra/plugin-sdk': join(root, 'dist', 'sdk', 'index.js')},
    })
  }

  /** The images of its plugins. Docker is looked for when the first one is asked for. */
  async images(): Promise<PluginImages> {
    const {PluginImages} = await import('../images/plugin-images.ts')
    const {root, version, openEngine} = this.#parts
    const {cacheDir, baseImage} = this.config
    return new PluginImages({sdkDir: join(root, 'dist', 'sdk'), cacheDir, programVersion: version, baseImage, openEngine})
  }

  /** Loads, checks and plans a run, and asks for missing inputs; nothing has happened yet. Throws WorkflowError with all findings. */
  async plan(request: PlanRequest, ask: AskInput | string = 'nobody is asked here'): Promise<PlannedRun> {
    const {config} = this
    const {schemas, environment, stdin} = this.#parts
    const planned = await planFile(request, {
      plugins: this.plugins,
      schemas,
      cwd: this.#directoryOf(request.file),
      readStdin: () => readText(stdin, maxStdinBytes),
      ask,
      environmentFacts: describeEnvironment(config, environment.variables),
    }).catch((error: unknown) => {
      // A plugin that is not found may be in a directory that was mistyped.
      throw error instanceof WorkflowError ? error.after(config.warnings) : error
    })
    return {...planned, warnings: [...config.warnings, ...planned.warnings]}
  }

  /** What the path of the file, and for standard input everything else, is relative to. Throws USAGE when there is nothing. */
  #directoryOf(file: string): string {
    return this.#parts.cwd ?? dirname(resolveFrom(undefined, file))
  }
}

/** Throws what {@link loadConfig} throws. */
export async function openProject({file, concurrency}: ProjectRequest, parts: ProjectParts): Promise<Project> {
  const {root, cwd, environment, home, schemas} = parts
  const config = await loadConfig({
    cwd,
    env: environment.variables,
    home,
    schemas,
    bundledPluginDir: join(root, 'dist', 'plugins'),
    ...defined({workflowFile: file}),
    flags: defined({concurrency}),
  })
  return new Project(config, parts)
}
