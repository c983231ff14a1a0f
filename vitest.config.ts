import {defaultExclude, defineConfig} from 'vitest/config'
import {expressionAlias} from './scripts/build-plugins.mjs'
import {SlowestFirst} from './test/rig/slowest-first.ts'
import {SummaryReporter} from './test/rig/summary-reporter.ts'

// The SDK is tested from its sources, not from its last build.
const conditions = ['source', 'node', 'import', 'default']

// Migrations are imported as text, as the bundler does with its text loader.
const sqlAsText = {
  name: 'sql-as-text',
  transform: (code: string, id: string) =>
    id.endsWith('.sql') ? {code: `export default ${JSON.stringify(code)}`, map: null, moduleType: 'js' as const} : undefined,
}

const dockerTests = 'test/docker/**/*.test.ts'

export default defineConfig({
  plugins: [sqlAsText],
  resolve: {conditions, alias: expressionAlias},
  ssr: {resolve: {conditions, externalConditions: conditions}, noExternal: ['@autokestra/plugin-sdk']},
  test: {
    reporters: ['default', new SummaryReporter()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    sequence: {sequencer: SlowestFirst},
    projects: [
      {
        extends: true,
        test: {name: 'machine', include: ['test/**/*.test.ts', 'plugins/*/test/**/*.test.ts'], exclude: [...defaultExclude, dockerTests]},
      },
      // An engine is looked for, or started, only when one of these runs. A container takes longer than a process, above all many of them at once.
      {extends: true, test: {name: 'docker', include: [dockerTests], globalSetup: ['test/rig/docker-setup.ts'], testTimeout: 120_000}},
    ],
  },
})
