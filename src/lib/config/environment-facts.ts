// What the policy of paths must know of this caller and this project.

import {join} from 'node:path'
import type {EnvironmentFacts} from '../permissions/protected-paths.ts'
import type {Config} from './config.ts'
import type {Variables} from './environment.ts'
import {projectFileName} from './find-project-file.ts'

export function describeEnvironment(
  {home, pluginPaths, projectDir, files}: Config,
  {HOME, XDG_RUNTIME_DIR, DOCKER_HOST, SSH_AUTH_SOCK}: Variables,
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
