// The check for every day: types, walls, format and lint of what changed, and the unit tests about it. `npm run check` is the whole.
// "Changed" is what differs from the commit where this branch left its upstream (or main), with what is not committed yet.
//   node scripts/check-fast.mjs [BASE]   compares with another commit

import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {runSteps} from './run-steps.mjs'

/** Tests that run the sources in their own process. The others start the built program, and take minutes. */
const unitTest = /^(test\/(lib|cli|sdk)\/|plugins\/[^/]+\/test\/).*\.test\.ts$|^test\/snapshots\/commands\.test\.ts$/

const git = (...args) => execFileSync('git', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim()
const linesOf = (text) => text.split('\n').filter((line) => line !== '')

/** The commit where this branch left the one it goes back to. */
function findBase() {
  for (const name of ['@{upstream}', 'origin/main', 'main']) {
    try {
      return git('merge-base', 'HEAD', name)
    } catch {
      // There is no such branch in this clone: the next one is tried.
    }
  }
  return 'HEAD'
}

/** Where the tests of a source file are: a path mirrors the other. */
function testDirectory(file) {
  if (/^src\/(commands\/|cli\.ts)/.test(file)) return 'test/snapshots'
  if (/^src\//.test(file)) return dirname(file.replace(/^src/, 'test'))
  if (/^sdk\/src\//.test(file)) return 'test/sdk'
  const [plugin] = /^plugins\/[^/]+/.exec(file) ?? []
  return plugin && `${plugin}/test`
}

/** A changed unit test itself; for a source file, the unit tests of its room. */
function testsOf(file) {
  const directory = testDirectory(file)
  const names = directory === undefined || !existsSync(directory) ? [] : readdirSync(directory)
  return [file, ...names.map((name) => join(directory, name))].filter((name) => unitTest.test(name))
}

const base = process.argv[2] ?? findBase()
const changed = [...linesOf(git('diff', '--name-only', base)), ...linesOf(git('ls-files', '--others', '--exclude-standard'))]
const files = [...new Set(changed)].filter((file) => existsSync(file))
const linted = files.filter((file) => /\.(ts|mts|js|mjs|cjs)$/.test(file))
const tests = [...new Set(files.flatMap(testsOf))]

const node = (name, script, ...args) => ({name, command: [process.execPath, join('node_modules', script), ...args]})
const failed = await runSteps([
  ...(linted.length > 0
    ? [node('lint', 'eslint/bin/eslint.js', '--cache', '--cache-location', 'node_modules/.cache/eslint', '--max-warnings', '0', ...linted)]
    : []),
  node('types', 'typescript/bin/tsc', '-p', '.'),
  ...(tests.length > 0
    ? [node(`tests (${tests.length} files)`, 'vitest/vitest.mjs', 'run', '--project', 'machine', '--maxWorkers', '1', ...tests)]
    : []),
  {name: 'walls', command: [process.execPath, 'scripts/walls.mjs']},
  ...(files.length > 0
    ? [node('format', 'prettier/bin/prettier.cjs', '--log-level', 'warn', '--ignore-unknown', '--check', ...files)]
    : []),
])
console.log(`${files.length} files changed since ${base.slice(0, 9)}${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}`)
process.exitCode = failed.length === 0 ? 0 : 1
