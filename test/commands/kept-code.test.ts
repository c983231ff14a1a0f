// The compiled code that is kept beside the bundle must never change what a command does.

import {cpSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, runWorkflow} from '../rig/workflow-command.ts'

/** An installation of its own, without kept code. */
function installation(): {readonly start: () => Promise<string>; readonly keptFiles: () => string[]; readonly bundle: string} {
  const directory = temporaryDir()
  for (const file of ['bin', 'package.json', 'oclif.manifest.json', 'dist/cli.cjs']) {
    cpSync(path.join(packageRoot, file), path.join(directory, file), {recursive: true})
  }
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(directory, 'node_modules'))
  const kept = path.join(directory, 'dist', 'code-cache')
  return {
    bundle: path.join(directory, 'dist', 'cli.cjs'),
    keptFiles: () => readdirSync(kept).map((name) => path.join(kept, name)),
    start: async () => {
      const {exitCode, stdout, stderr} = await runWorkflow(['version'], {
        home: directory,
        command: [process.execPath, path.join(directory, 'bin', 'run.js')],
      })
      expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
      return stdout
    },
  }
}

it('is made by the first start and used by the second', async () => {
  const {start, keptFiles} = installation()
  const first = await start()
  const [file = '', ...others] = keptFiles()
  expect(others).toEqual([])
  const made = readFileSync(file)
  expect(await start()).toBe(first)
  expect(readFileSync(file).equals(made)).toBe(true)
})

it.each([
  ['cut off', (file: string) => truncateSync(file, 1000)],
  ['empty', (file: string) => writeFileSync(file, '')],
  ['something else', (file: string) => writeFileSync(file, 'x'.repeat(10_000))],
])('is made again when the file is %s', async (_what, damage) => {
  const {start, keptFiles} = installation()
  const first = await start()
  const [file = ''] = keptFiles()
  const {length} = readFileSync(file)
  damage(file)
  expect(await start()).toBe(first)
  expect(readFileSync(file).length).toBeGreaterThan(length / 2)
})

it('is not used for another build of the same length', async () => {
  const {start, bundle} = installation()
  const first = await start()
  const text = readFileSync(bundle, 'utf8')
  const changed = text
    .replace(/^\/\*[0-9a-f]{60}\*\//, `/*${'0'.repeat(60)}*/`)
    .replace('this.log(config.userAgent)', "this.log(config.name+'__')")
  expect(changed).toHaveLength(text.length)
  writeFileSync(bundle, changed)
  expect(first).not.toBe('autokestra__\n')
  expect(await start()).toBe('autokestra__\n')
})

it('is no condition: where it cannot be kept, commands start all the same', async () => {
  const {start, bundle} = installation()
  // A file where the directory would be.
  writeFileSync(path.join(path.dirname(bundle), 'code-cache'), '')
  const first = await start()
  expect(await start()).toBe(first)
})
