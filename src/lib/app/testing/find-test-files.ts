// What `workflow test` is given -> test files: itself, the one beside a workflow, or all in a directory.

import {existsSync, readdirSync, statSync} from 'node:fs'
import {basename, dirname, isAbsolute, join, resolve} from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'

const testEnding = /\.test\.(yaml|yml)$/
const workflowEnding = /\.(yaml|yml)$/

/** More than these are never meant. */
const maxEntries = 100_000

/** Each once, as paths like those that were given. Throws USAGE. @param cwd absolute */
export function findTestFiles(paths: readonly string[], cwd: string): string[] {
  const found = paths.flatMap((path) => {
    if (isDirectory(resolve(cwd, path))) {
      const inside = testsIn(path, cwd)
      if (inside.length > 0) return inside
      throw new WorkflowError('USAGE', `there is no test file in ${path}`, {
        hint: 'name a test file NAME.test.yaml, for the workflow NAME.yaml',
      })
    }
    return [testFileOf(path, cwd)]
  })
  const seen = new Set<string>()
  return found.filter((file) => !seen.has(resolve(cwd, file)) && seen.add(resolve(cwd, file)))
}

/** Path of the workflow that a test file is for. @param written in the test file, relative to it */
export function workflowOf(testFile: string, written: string | undefined, cwd: string): string {
  const dir = dirname(testFile)
  if (written !== undefined) return isAbsolute(written) ? written : join(dir, written)
  const stem = basename(testFile).replace(testEnding, '')
  const [first = '', second = ''] = ['.yaml', '.yml'].map((ending) => join(dir, stem + ending))
  return !existsSync(resolve(cwd, first)) && existsSync(resolve(cwd, second)) ? second : first
}

function testFileOf(path: string, cwd: string): string {
  if (testEnding.test(path) || !workflowEnding.test(path)) return path
  const stem = path.replace(workflowEnding, '')
  const beside = ['.test.yaml', '.test.yml'].map((ending) => stem + ending).find((file) => existsSync(resolve(cwd, file)))
  if (beside !== undefined) return beside
  throw new WorkflowError('USAGE', `${path} has no test file`, {hint: `write its cases into ${stem}.test.yaml`})
}

/** In the order of their names. Hidden directories and node_modules are left out. */
function testsIn(root: string, cwd: string): string[] {
  const found: string[] = []
  const directories = [root]
  let left = maxEntries
  for (const directory of directories) {
    const entries = readdirSync(resolve(cwd, directory), {withFileTypes: true})
    left -= entries.length
    if (left < 0) throw new WorkflowError('USAGE', `${root} has too many files to look for tests in`, {hint: 'name a directory in it'})
    for (const entry of entries) {
      const path = join(directory, entry.name)
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') directories.push(path)
      else if (entry.isFile() && testEnding.test(entry.name)) found.push(path)
    }
  }
  return found.sort()
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true
  } catch {
    // Reading it says what is wrong with it.
    return false
  }
}
