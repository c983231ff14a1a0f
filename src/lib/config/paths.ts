// Where things stand in the home directory, and how paths in configuration files are read.

import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {resolveFrom} from '../files/current-directory.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `AUTOKESTRA_HOME`, relative to `cwd`, or `~/.autokestra`. Throws CONFIG_INVALID when neither is known. */
export function findHome(env: Environment, cwd: string | undefined): string {
  if (env.AUTOKESTRA_HOME) return resolveFrom(cwd, expandTilde(env.AUTOKESTRA_HOME, env))
  return path.join(userHome(env), '.autokestra')
}

/** `~` and `~/x` stand for the user's home directory; everything else stays. */
export function expandTilde(text: string, env: Environment): string {
  return text === '~' || text.startsWith('~/') ? path.join(userHome(env), text.slice(1)) : text
}

/** What is kept in the home directory. */
export function homeFiles(home: string): {
  readonly cacheDir: string
  readonly databaseFile: string
  readonly configFile: string
  readonly pluginDir: string
  readonly keyFile: string
  readonly anchorFile: string
} {
  return {
    cacheDir: path.join(home, 'cache'),
    databaseFile: path.join(home, 'autokestra.db'),
    configFile: path.join(home, 'config.yaml'),
    pluginDir: path.join(home, 'plugins'),
    keyFile: path.join(home, 'secret.key'),
    anchorFile: path.join(home, 'secret.anchor'),
  }
}

/** Where generated schema checks are kept between runs. */
export function schemaCacheDir(cacheDir: string): string {
  return path.join(cacheDir, 'schemas')
}

function userHome(env: Environment): string {
  const home = env.HOME
  if (!home || !path.isAbsolute(home)) {
    throw new WorkflowError(
      'CONFIG_INVALID',
      'Your home directory is not known: the environment variable HOME is not set to an absolute path.',
      {
        hint: 'Set HOME, or name the directory to use: AUTOKESTRA_HOME=/path/to/directory',
      },
    )
  }
  return home
}
