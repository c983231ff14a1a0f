// What the policy of paths must know of this caller and this project.

import {join} from 'node:path'
import type {Config} from '../config/config.ts'
import {projectFileName} from '../config/find-project-file.ts'
import type {EnvironmentFacts} from '../permissions/protected-paths.ts'

export function describeEnvironment(
  {home, pluginPaths, projectDir, files}: Config,
  {HOME, XDG_RUNTIME_DIR, DOCKER_HOST, SSH_AUTH_SOCK}: Readonly<Record<string, string | undefined>>,
): EnvironmentFacts {
  const engine = /^unix:\/\/(\/.+)$/.exec(DOCKER_HOST ?? '')?.[1]
  const sockets = [engine, SSH_AUTH_SOCK].flatMap((socket) => (socket?.startsWith('/') === true ? [socket] : []))
  return {
    userHome: HOME?.startsWith('/') === true ? HOME : undefined,
    programHome: home,
    runtimeDir: XDG_RUNTIME_DIR?.startsWith('/') === true ? XDG_RUNTIME_DIR : undefined,
    sockets,
    pluginDirs: pluginPaths.map(({path}) => path),
    configFiles: [...new Set([...files, join(projectDir, projectFileName)])],
  }
}
