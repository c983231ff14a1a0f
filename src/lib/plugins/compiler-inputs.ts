// What the compiler reads by itself when it looks for modules: package.json and tsconfig.json. It would wait for a FIFO and read a device for as
// long as there is memory, so they are looked at before.

import {readdirSync} from 'node:fs'
import path from 'node:path'
import {hasErrorCode} from '../util/error-code.ts'
import {NotPlainFileError, readPlainFile, requirePlainFile} from '../files/read-plain-file.ts'

/** Largest file the compiler is given. */
export const maxSourceBytes = 32 * 1024 * 1024

const maxSettingsBytes = 1024 * 1024
const mostDirectories = 10_000
const mostExtended = 16

/** Looks at the settings in the plugin's directories and in all above. Throws NotPlainFileError for the first that is not a regular file. */
export function requirePlainSettings(dir: string): void {
  requirePlainParents(dir)
  let count = 0
  const visit = (directory: string): void => {
    checkDirectory(directory)
    if (++count > mostDirectories) throw new NotPlainFileError(dir, `holds more than ${mostDirectories} directories`)
    for (const entry of readdirSync(directory, {withFileTypes: true})) {
      if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') visit(path.join(directory, entry.name))
    }
  }
  visit(dir)
}

/** The same for the directories above a place outside of the plugin. */
export function requirePlainParents(place: string): void {
  for (let parent = path.dirname(place); parent !== path.dirname(parent); parent = path.dirname(parent)) checkDirectory(parent)
}

/** The package.json that importing a package from `directory` would read. */
export function requirePlainPackage(specifier: string, directory: string): void {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]
  if (name === undefined) return
  for (let parent = directory; ; parent = path.dirname(parent)) {
    checkDirectory(path.join(parent, 'node_modules', name))
    if (parent === path.dirname(parent)) return
  }
}

function checkDirectory(directory: string): void {
  checkIfThere(path.join(directory, 'package.json'))
  let settings = [path.join(directory, 'tsconfig.json')]
  for (let depth = 0; settings.length > 0; depth++) {
    if (depth > mostExtended) throw new NotPlainFileError(path.join(directory, 'tsconfig.json'), 'extends too many files')
    settings = settings.flatMap(checkSettings)
  }
}

/** @returns what it extends */
function checkSettings(file: string): string[] {
  if (!checkIfThere(file)) return []
  const text = readPlainFile(file, {maxBytes: maxSettingsBytes}).toString('utf8')
  const [, value = ''] = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(text) ?? []
  const named = [...value.matchAll(/"([^"]+)"/g)].flatMap(([, name = '']) =>
    /^\.{0,2}\//.test(name) ? [path.resolve(path.dirname(file), name)] : [],
  )
  return named.flatMap((name) => [name, `${name}.json`])
}

function checkIfThere(file: string): boolean {
  try {
    requirePlainFile(file, {maxBytes: maxSettingsBytes})
    return true
  } catch (error) {
    // What cannot be looked at cannot be read either, and a directory of that name is passed over by the compiler.
    if (
      hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP') ||
      (error instanceof NotPlainFileError && error.reason === 'is a directory')
    )
      return false
    throw error
  }
}
