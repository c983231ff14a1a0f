// Everything that must hold before a change goes in. CI runs exactly this. `npm run check:fast` is the short form for every day.

import {spawnSync} from 'node:child_process'
import {runSteps} from './run-steps.mjs'

const npmRun = (name) => ({name, command: ['npm', 'run', '--silent', name]})

const failed = await runSteps(['lint', 'types', 'format', 'unused', 'walls'].map(npmRun))
if (failed.length === 0) failed.push(...(await runSteps([npmRun('build')])))
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}. \`npm run NAME\` runs one alone; \`npm run fix\` repairs format and lint.`)
  process.exit(1)
}
// Nothing is printed after the tests: their last line is the result of the whole.
process.exitCode = spawnSync('npm', ['test', '--silent'], {stdio: ['ignore', 'inherit', 'inherit']}).status ?? 1
