// Runs the tests, after a build when the built program is older than what it is made of. Arguments go to vitest, but for:
//   --no-docker   leaves out the tests that need a Docker engine

import {spawnSync} from 'node:child_process'
import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {bundleFile, root} from './build.mjs'

const args = process.argv.slice(2)
const wantsDocker = !args.includes('--no-docker')

function node(script, ...rest) {
  const env = {...process.env, ...(wantsDocker ? {} : {AUTOKESTRA_TEST_DOCKER: 'no'})}
  const {status} = spawnSync(process.execPath, [join(root, script), ...rest], {cwd: root, env, stdio: ['ignore', 'inherit', 'inherit']})
  return status ?? 1
}

/** Whether something the built program is made of changed after the last build. */
function isStale() {
  const builtAt = changedAt(bundleFile)
  return ['package.json', 'src', 'sdk/src', 'plugins', 'scripts'].some((name) => newest(join(root, name)) > builtAt)
}

function changedAt(file) {
  return statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? 0
}

/** The latest change of a file, or of any file below a directory; what builds and installs write there does not count. */
function newest(file) {
  if (!statSync(file, {throwIfNoEntry: false})?.isDirectory()) return changedAt(file)
  const entries = readdirSync(file).filter((name) => name !== 'node_modules' && name !== 'dist')
  return Math.max(changedAt(file), ...entries.map((name) => newest(join(file, name))))
}

if (isStale()) {
  console.log('building first: the built program is missing or older than its sources')
  const status = node('scripts/build.mjs')
  if (status !== 0) process.exit(status)
}
process.exitCode = node('node_modules/vitest/vitest.mjs', 'run', ...args.filter((arg) => arg !== '--no-docker'))
