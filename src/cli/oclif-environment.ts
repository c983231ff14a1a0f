// Settings that oclif takes from the environment only. The one file that changes `process.env`, before oclif is called.

import {userInfo} from 'node:os'
import {join} from 'node:path'
import {findHome, homeFiles} from '../lib/config/home.ts'
import {currentDirectory} from '../lib/files/current-directory.ts'
import {ensurePrivateDir} from '../lib/files/ensure-directory.ts'

/** `--debug` is the same as `DEBUG=1`. */
export function turnOnDebug(): void {
  process.env['DEBUG'] ??= '1'
}

/** Extensions, and what npm keeps for them, live beside everything else of the user. Returns their directory, when there is a home. */
export function keepExtensionsInHome(bin: string, isInstalling: boolean): string | undefined {
  try {
    const home = findHome(process.env, currentDirectory())
    // oclif would make it readable for all users.
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
export function nameShell(): void {
  if (process.env['SHELL'] !== undefined) return
  try {
    userInfo()
  } catch {
    process.env['SHELL'] = '/bin/sh'
  }
}
