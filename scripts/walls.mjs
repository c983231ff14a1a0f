// Checks the import walls of .dependency-cruiser.cjs. Fails also when it looked at nothing: a tool that sees no module finds no wrong import.

import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {resolve} from 'node:path'
import {cruise} from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

// Another directory than this one only in the test of the walls themselves.
process.chdir(process.argv[2] ?? '.')
const {forbidden, options} = createRequire(import.meta.url)(resolve('.dependency-cruiser.cjs'))
const folders = ['src', 'sdk/src', 'plugins'].filter((folder) => existsSync(folder))
const {output} = await cruise(folders, {...options, ruleSet: {forbidden}, validate: true}, undefined, {
  tsConfig: extractTSConfig('tsconfig.json'),
})
const {violations, totalCruised, totalDependenciesCruised} = output.summary

if (totalCruised === 0 || totalDependenciesCruised === 0) {
  console.error('walls: no modules were checked. Is the version of TypeScript one that dependency-cruiser can read?')
  process.exitCode = 1
} else if (violations.length > 0) {
  for (const name of new Set(violations.map(({rule}) => rule.name))) {
    console.error(`\n${name}: ${forbidden.find((rule) => rule.name === name).comment}`)
    for (const {from, to, cycle} of violations.filter(({rule}) => rule.name === name)) {
      console.error(`  ${from}${to === from ? '' : ` -> ${cycle ? cycle.map(({name}) => name).join(' -> ') : to}`}`)
    }
  }
  console.error(`\nwalls: ${violations.length} imports go where they must not (${totalCruised} modules)`)
  process.exitCode = 1
} else {
  console.log(`walls: ${totalCruised} modules, ${totalDependenciesCruised} imports, all allowed`)
}
