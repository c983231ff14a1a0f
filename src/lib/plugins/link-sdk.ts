// Makes the SDK that comes with the program known to editors, type checkers and tests of plugins. Running a plugin does not need it.

import {lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'

const packageName = '@autokestra/plugin-sdk'

/**
 * Links `sdkDir` into `node_modules` of a directory of plugins, above the plugins themselves: so it is in none of their images.
 * An installed SDK stays. Returns the link, or undefined when there was nothing to do. Throws FILE_NOT_WRITABLE.
 */
export function linkSdk(pluginsDir: string, sdkDir: string): string | undefined {
  const modules = path.join(pluginsDir, 'node_modules')
  const link = path.join(modules, packageName)
  const present = lstatSync(link, {throwIfNoEntry: false})
  if (present !== undefined && !present.isSymbolicLink()) return undefined
  try {
    mkdirSync(path.dirname(link), {recursive: true})
    // Another installation of the program may have made it.
    rmSync(link, {force: true})
    symlinkSync(sdkDir, link)
    // The link holds for this machine only.
    writeFileSync(path.join(modules, '.gitignore'), '*\n')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new WorkflowError('FILE_NOT_WRITABLE', `cannot write to ${modules} (${String(error.code)})`, {
      hint: 'check the permissions of the directory',
      cause: error,
    })
  }
  return link
}
