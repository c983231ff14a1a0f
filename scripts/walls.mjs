// Checks the import walls of .dependency-cruiser.cjs and the sizes of rooms and files. Fails also when it looked at nothing: a tool that sees no
// module finds no wrong import.

import {readHouse} from './house.mjs'
import {limitFindings} from './room-limits.mjs'

// Another directory than this one only in the test of the walls themselves.
process.chdir(process.argv[2] ?? '.')
const {rules, violations, totalCruised, totalDependenciesCruised, modules} = await readHouse()
const findings = limitFindings(modules)

if (totalCruised === 0 || totalDependenciesCruised === 0) {
  console.error('walls: no modules were checked. Is the version of TypeScript one that dependency-cruiser can read?')
  process.exitCode = 1
} else if (violations.length + findings.length > 0) {
  for (const name of new Set(violations.map(({rule}) => rule.name))) {
    console.error(`\n${name}: ${rules.find((rule) => rule.name === name).comment}`)
    for (const {from, to, cycle} of violations.filter(({rule}) => rule.name === name)) {
      console.error(`  ${from}${to === from ? '' : ` -> ${cycle ? cycle.map(({name}) => name).join(' -> ') : to}`}`)
    }
  }
  if (findings.length > 0)
    console.error(`\nlimits: what grew too large or in circles is hard to understand alone.\n  ${findings.join('\n  ')}`)
  const parts = [
    violations.length > 0 && `${violations.length} imports go where they must not`,
    findings.length > 0 && `${findings.length} limits are exceeded`,
  ]
  console.error(`\nwalls: ${parts.filter(Boolean).join(', ')} (${totalCruised} modules)`)
  process.exitCode = 1
} else {
  console.log(`walls: ${totalCruised} modules, ${totalDependenciesCruised} imports, all allowed`)
}
