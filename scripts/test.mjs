// Runs the tests, after a build when the built program is older than what it is made of. Arguments go to vitest, except for those that leave out a
// group of tests: --no-docker, and so on for each entry of `groups`.

import {spawnSync} from 'node:child_process'
import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {bundleFile, root} from './build.mjs'

/** Groups of tests that need a real server, by name: what the set-up of their tests uses or installs, before the first of them runs. */
const groups = {
  docker: 'a Docker engine: the one that answers, or dockerd, which is installed with apt-get when it is missing (needs root)',
}

const args = process.argv.slice(2)
const isLeftOut = (group) => args.includes(`--no-${group}`)
const leftOut = Object.keys(groups).filter(isLeftOut)
const rest = args.filter((arg) => !leftOut.some((group) => arg === `--no-${group}`))

function node(script, ...scriptArgs) {
  const flags = Object.fromEntries(leftOut.map((group) => [`AUTOKESTRA_TEST_${group.toUpperCase()}`, 'no']))
  const options = {cwd: root, env: {...process.env, ...flags}, stdio: ['ignore', 'inherit', 'inherit']}
  return spawnSync(process.execPath, [join(root, script), ...scriptArgs], options).status ?? 1
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

for (const [group, needs] of Object.entries(groups)) {
  console.log(isLeftOut(group) ? `${group}: left out` : `${group}: its tests use ${needs}; --no-${group} leaves them out`)
}
if (isStale()) {
  console.log('building first: the built program is missing or older than its sources')
  const status = node('scripts/build.mjs')
  if (status !== 0) process.exit(status)
}
process.exitCode = node('node_modules/vitest/vitest.mjs', 'run', ...rest)
