// Where things stand in the home directory, and how paths in configuration files are read.

import {statSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {resolveFrom} from '../files/current-directory.ts'
import {hasErrorCode} from '../util/error-code.ts'
import type {Variables} from './environment.ts'

/** `AUTOKESTRA_HOME`, relative to `cwd`, or `~/.autokestra`. Throws CONFIG_INVALID when neither is known. */
export function findHome(env: Variables, cwd: string | undefined): string {
  if (env.AUTOKESTRA_HOME) return resolveFrom(cwd, expandTilde(env.AUTOKESTRA_HOME, env))
  return path.join(userHome(env), '.autokestra')
}

/** `~` and `~/x` stand for the user's home directory; everything else stays. */
export function expandTilde(text: string, env: Variables): string {
  return text === '~' || text.startsWith('~/') ? path.join(userHome(env), text.slice(1)) : text
}

/** Where everything of the user is kept. It may not exist yet. */
export interface Home {
  readonly home: string
  /** Holds only what can be made again. It may not exist yet. */
  readonly cacheDir: string
  readonly databaseFile: string
  /** The user's configuration. */
  readonly configFile: string
  /** The user's plugins. */
  readonly pluginDir: string
  /** The master key of the secrets, where no other source of it is configured. It may not exist yet. */
  readonly keyFile: string
  /** Says, outside of the database, how far the secret store had come. */
  readonly anchorFile: string
}

/** Throws CONFIG_INVALID when no home is known, STORAGE_UNREADABLE when it may not be entered. */
export function locateHome(env: Variables, cwd: string | undefined): Home {
  const home = findHome(env, cwd)
  requireReachable(home)
  return homeFiles(home)
}

/** What is kept in a home directory. */
export function homeFiles(home: string): Home {
  return {
    home,
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

/** A home that may not be entered is nothing that a configuration could mend. One that is not there yet is made when it is needed. */
function requireReachable(home: string): void {
  try {
    // Not of the directory itself, which may be looked at from outside.
    statSync(`${home}/.`, {throwIfNoEntry: false})
  } catch (error) {
    if (!hasErrorCode(error, 'EACCES')) return
    throw new WorkflowError('STORAGE_UNREADABLE', `you do not have permission to enter the home directory ${home}`, {
      hint: isOwn(home) ? `chmod u+x ${home}` : 'it may belong to another user: set AUTOKESTRA_HOME to a directory of your own',
      cause: error,
    })
  }
}

/** Whether the directory is this user's, as far as that can be seen from outside. */
function isOwn(directory: string): boolean {
  try {
    return statSync(directory).uid === process.getuid?.()
  } catch {
    // It is below another directory that may not be entered.
    return false
  }
}

function userHome(env: Variables): string {
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
