// Opens what the tasks of a run run in: processes for a trusted workflow, containers for a restricted one, and never the one for the other.

import type {Environment, Variables} from '../config/environment.ts'
import {needsEngine} from '../planning/containers/needs-engine.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import {openProcesses} from './processes.ts'
import type {ActionWarning} from '../engine/task-result.ts'
import type {DockerClient} from '../docker/api/docker-client.ts'
import type {TaskRuntimes} from '../execution/attempt/task-runtime.ts'
import {noTaskRuntimes} from '../execution/no-task-runtimes.ts'
import type {Ui} from '../ui/terminal/ui.ts'
import type {Project} from './project.ts'

export interface TaskRuntimesRequest {
  readonly runId: string
  readonly project: Project
  /** Directory of the package. */
  readonly root: string
  readonly environment: Environment
  readonly openEngine: () => Promise<DockerClient>
  /** Where the building of images is shown, unless it is quiet. */
  readonly ui: Ui
  readonly isQuiet: boolean
  /** Its abort ends the building of images. */
  readonly signal: AbortSignal
}

export interface OpenTaskRuntimes {
  readonly taskRuntimes: TaskRuntimes
  /** By plugin, in a restricted run. */
  readonly imageIds?: ReadonlyMap<string, string>
  /** What the run should say before it begins. */
  readonly warnings: readonly ActionWarning[]
  /** Ends everything at once, without waiting for anything to finish. */
  killNow(): void
  /** Resolves when nothing of it is left. */
  close(): Promise<void>
}

const notEnforced: ActionWarning = {
  code: 'PERMISSIONS_NOT_ENFORCED',
  message:
    'the workflow is trusted, so its permissions are not enforced, and its resources only in containers; `security: restricted` enforces them',
}

/** A restricted run that starts programs has containers, or does not begin: then it throws what {@link openSandbox} throws. */
export async function openTaskRuntimes(planned: PlannedRun, request: TaskRuntimesRequest): Promise<OpenTaskRuntimes> {
  const {plan} = planned
  const {project, root, environment, openEngine, runId, ...showing} = request
  const {config, plugins} = project
  if (plan.workflow.security === 'trusted') {
    const inheritEnv = {names: [...config.inheritEnv, ...plan.workflow.inheritEnv], except: plan.workflow.secrets}
    const processes = openProcesses(plugins, {
      root,
      env: withAbsoluteHome(environment.variables, config.home),
      outerTag: environment.outerTag,
      inheritEnv,
      graceMs: config.limits.killGraceMs,
    })
    const warnings = plan.workflow.hasPermissions ? [notEnforced] : []
    if (!needsEngine(planned)) return {...processes, warnings}
    const {openContainers} = await import('./containers.ts')
    const env = environment.variables
    const containers = await openContainers({
      planned,
      runId,
      config,
      root,
      env,
      others: processes.taskRuntimes,
      openEngine,
      ...showing,
    }).catch(async (error: unknown) => {
      await processes.close()
      throw error
    })
    return {
      taskRuntimes: containers.taskRuntimes,
      warnings,
      killNow: () => {
        processes.killNow()
        containers.killNow()
      },
      close: async () => {
        await Promise.all([containers.close(), processes.close()])
      },
    }
  }
  if (!needsEngine(planned))
    return {taskRuntimes: noTaskRuntimes, imageIds: new Map(), warnings: [], killNow: () => undefined, close: () => Promise.resolve()}
  const [{openSandbox}, {buildMissingImage}] = await Promise.all([import('./sandbox.ts'), import('./build-missing-image.ts')])
  const images = await project.images()
  const buildImage = config.autoBuild ? buildMissingImage({images, ...showing}) : undefined
  return await openSandbox({
    planned,
    runId,
    config,
    root,
    env: environment.variables,
    images,
    openEngine,
    ...showing,
    ...(buildImage !== undefined && {buildImage}),
  })
}

/** Tasks run in other directories than the command, where a relative home would be another one. */
function withAbsoluteHome(env: Variables, home: string): Variables {
  return env['AUTOKESTRA_HOME'] === undefined ? env : {...env, AUTOKESTRA_HOME: home}
}
