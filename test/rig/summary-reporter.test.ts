import {execFile} from 'node:child_process'
import {symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {temporaryDir} from './temporary-dir.ts'
import {packageRoot} from './workflow-command.ts'

it('the last line of a test run counts tests, files that cannot be loaded, groups that cannot be prepared, and errors outside of tests', async () => {
  const directory = temporaryDir()
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(directory, 'node_modules'))
  const reporter = path.join(packageRoot, 'test', 'rig', 'summary-reporter.ts')
  const files = {
    'vitest.config.ts': `import {SummaryReporter} from ${JSON.stringify(reporter)}\nexport default {test: {reporters: ['default', new SummaryReporter()]}}\n`,
    'a.test.ts':
      "import {expect, it} from 'vitest'\nit('a', () => {})\nit('b', () => {})\nit('c', () => expect(1).toBe(2))\nit.skip('d', () => {})\nit.todo('e')\n",
    'group.test.ts':
      "import {beforeAll, describe, it} from 'vitest'\ndescribe('g', () => { beforeAll(() => { throw new Error('no engine') }); it('h', () => {}); it('i', () => {}) })\n",
    'broken.test.ts': "import './missing.ts'\n",
    'stray.test.ts': "import {it} from 'vitest'\nit('f', () => { void Promise.reject(new Error('stray')) })\n",
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text)
  const vitest = path.join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [vitest, 'run'], {cwd: directory}, (_error, stdout) => {
      resolve(stdout)
    })
  })
  expect(output.trimEnd().split('\n').at(-1)).toBe('3 passed, 4 failed, 4 skipped')
})
