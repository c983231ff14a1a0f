// Everything that must hold before a change goes in, from quick to slow; stops at the first that does not. CI runs exactly this.

import {spawnSync} from 'node:child_process'

const steps = ['format', 'lint', 'types', 'walls', 'unused', 'build', 'test']

for (const step of steps) {
  console.log(`\n--- check: ${step}`)
  const startedAt = performance.now()
  const {status} = spawnSync('npm', ['run', '--silent', step], {stdio: ['ignore', 'inherit', 'inherit']})
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (status !== 0) {
    console.error(
      `\ncheck failed: ${step} (after ${seconds} s). \`npm run ${step}\` runs it alone; \`npm run fix\` repairs format and lint.`,
    )
    process.exit(1)
  }
  // Nothing after the tests: their last line is the result of the whole.
  if (step !== 'test') console.log(`${step}: ok (${seconds} s)`)
}
