// Many tasks that do nothing: this command against dagu, wireit and make. Usage: node bench/peers.mjs [--rounds N] [--without-dagu-1000]

import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {printRatios, timeInTurn} from './measure.mjs'
import {runOf} from './workload.mjs'

const {values: flags} = parseArgs({
  options: {rounds: {type: 'string', default: '3'}, 'without-dagu-1000': {type: 'boolean', default: false}},
})
const rounds = Number(flags.rounds)
const here = fileURLToPath(new URL('.', import.meta.url))
if (!existsSync(join(here, 'node_modules'))) execFileSync('npm', ['install', '--no-package-lock'], {cwd: here, stdio: 'inherit'})
const dagu = join(here, 'node_modules/@dagu-org/dagu-linux-x64/bin/dagu')
const wireit = join(here, 'node_modules/.bin/wireit')

const dir = mkdtempSync(join(tmpdir(), 'autokestra-bench-peers-'))
const env = {DAGU_HOME: join(dir, 'dagu')}

/** @param {number} size @param {'parallel' | 'chain'} shape */
const ours = (size, shape) => runOf(dir, {size, isChain: shape === 'chain'})

/** @param {number} size @param {'parallel' | 'chain'} shape */
function daguOf(size, shape) {
  const file = join(dir, `dagu-${shape}-${size}.yaml`)
  const depends = (index) => (shape === 'chain' && index > 0 ? `\n    depends: [t${index - 1}]` : '')
  const steps = Array.from({length: size}, (_, index) => `  - name: t${index}\n    command: "true"${depends(index)}`)
  writeFileSync(file, `type: graph\nmaxActiveSteps: 2\nsteps:\n${steps.join('\n')}\n`)
  return {name: 'dagu', command: [dagu, 'start', file], env}
}

/** @param {number} size @param {'parallel' | 'chain'} shape */
function makeOf(size, shape) {
  const file = join(dir, `Makefile-${shape}-${size}`)
  const targets = Array.from({length: size}, (_, index) => `t${index}`)
  const needs = (index) => (shape === 'chain' && index > 0 ? `t${index - 1}` : '')
  writeFileSync(file, `all: ${targets.join(' ')}\n${targets.map((target, index) => `${target}: ${needs(index)}\n\t@true\n`).join('')}`)
  return {name: 'make -j2', command: ['make', '-s', '-j2', '-f', file]}
}

/** @param {number} size */
function wireitOf(size) {
  const cwd = join(dir, `wireit-${size}`)
  mkdirSync(cwd, {recursive: true})
  const names = Array.from({length: size}, (_, index) => `t${index}`)
  writeFileSync(
    join(cwd, 'package.json'),
    JSON.stringify({
      scripts: Object.fromEntries(['all', ...names].map((name) => [name, 'wireit'])),
      wireit: {all: {dependencies: names}, ...Object.fromEntries(names.map((name) => [name, {command: 'true'}]))},
    }),
  )
  const wireitEnv = {
    npm_lifecycle_event: 'all',
    npm_package_json: join(cwd, 'package.json'),
    npm_config_user_agent: 'npm/11',
    WIREIT_PARALLEL: '2',
    WIREIT_CACHE: 'none',
  }
  return {
    name: 'wireit',
    command: [wireit],
    cwd,
    env: wireitEnv,
    before: () => {
      rmSync(join(cwd, '.wireit'), {recursive: true, force: true})
    },
  }
}

try {
  printRatios(
    '1 task',
    await timeInTurn([ours(1, 'parallel'), daguOf(1, 'parallel'), {name: 'node -e 0', command: [process.execPath, '-e', '0']}], rounds * 3),
  )
  printRatios(
    '100 parallel tasks',
    await timeInTurn([ours(100, 'parallel'), wireitOf(100), makeOf(100, 'parallel'), daguOf(100, 'parallel')], rounds),
  )
  printRatios(
    '1 000 parallel tasks, against make',
    await timeInTurn([ours(1000, 'parallel'), wireitOf(1000), makeOf(1000, 'parallel')], rounds),
  )
  printRatios('10 000 parallel tasks, against 100', await timeInTurn([ours(10_000, 'parallel'), ours(100, 'parallel')], 1))
  if (!flags['without-dagu-1000']) {
    printRatios('1 000 parallel tasks, against dagu', await timeInTurn([ours(1000, 'parallel'), daguOf(1000, 'parallel')], 1))
    printRatios('a chain of 1 000 tasks', await timeInTurn([ours(1000, 'chain'), makeOf(1000, 'chain'), daguOf(1000, 'chain')], 1))
  }
} finally {
  rmSync(dir, {recursive: true, force: true})
}
