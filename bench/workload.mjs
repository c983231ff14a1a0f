// Workflows and homes for the benchmarks, in a directory that is removed at the end.

import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** The command under test. */
export const workflowBin = fileURLToPath(new URL('../bin/run.js', import.meta.url))

/**
 * Calls `work` with a fresh directory that holds a home and, in plugins/noop, a plugin with two actions' worth of nothing: `bench/reused` and `bench/fresh`.
 * @param {(dir: string) => Promise<void>} work
 */
export async function withWorkload(work) {
  const dir = mkdtempSync(join(tmpdir(), 'autokestra-bench-'))
  try {
    for (const [name, worker] of [
      ['reused', 'reuse'],
      ['fresh', 'single'],
    ]) {
      const plugin = join(dir, 'plugins', name)
      mkdirSync(plugin, {recursive: true})
      writeFileSync(
        join(plugin, 'plugin.yaml'),
        `namespace: bench\nname: ${name}\nversion: 1.0.0\nmain: index.mjs\nworker: ${worker}\nactions: [{name: nothing}]\n`,
      )
      writeFileSync(join(plugin, 'index.mjs'), 'export const nothing = {execute: () => null}\n')
    }
    await work(dir)
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
}

/**
 * Writes a workflow of `size` tasks and gives the command that runs it.
 * @param {string} dir
 * @param {{size: number, task?: string, isChain?: boolean, parallelism?: number, name?: string, flags?: string[]}} shape `task` is the flow mapping of a task without its id
 */
export function runOf(
  dir,
  {size, task = `type: core/shell.run, inputs: {command: 'true'}`, isChain = false, parallelism = 2, name = 'workflow', flags = []},
) {
  const file = join(dir, `${name.replaceAll(/\W+/g, '-')}-${size}-${isChain ? 'chain' : 'parallel'}.yaml`)
  const needs = (index) => (isChain && index > 0 ? `, needs: [t${index - 1}]` : '')
  const tasks = Array.from({length: size}, (_, index) => `  - {id: t${index}, ${task}${needs(index)}}`)
  writeFileSync(file, `id: bench\nparallelism: ${parallelism}\ntasks:\n${tasks.join('\n')}\n`)
  return {
    name,
    command: [process.execPath, workflowBin, 'run', file, '--progress', 'quiet', ...flags],
    env: {AUTOKESTRA_HOME: join(dir, 'home')},
  }
}
