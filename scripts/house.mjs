// The modules of the project and what they import, read by dependency-cruiser, and the rooms (directories) that they are in.

import {existsSync, readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, resolve} from 'node:path'
import {cruise} from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

/**
 * Reads the project in the working directory, with the rules of its .dependency-cruiser.cjs.
 *
 * @returns `floors` and `rules` of that file, the `violations` of the rules, how many modules and imports were read, and our own `modules`:
 *   {file, lines, imports}, where `imports` are the files of ours that it imports, types included.
 */
export async function readHouse() {
  const {floors, forbidden, options} = createRequire(import.meta.url)(resolve('.dependency-cruiser.cjs'))
  const folders = ['src', 'sdk/src', 'plugins'].filter((folder) => existsSync(folder))
  const {output} = await cruise(folders, {...options, ruleSet: {forbidden}, validate: true}, undefined, {
    tsConfig: extractTSConfig('tsconfig.json'),
  })
  const {violations, totalCruised, totalDependenciesCruised} = output.summary
  const isOurs = (file) => /^(src|sdk\/src|plugins)\/.*\.ts$/.test(file) && !/\/test\//.test(file)
  const modules = output.modules
    .filter(({source}) => isOurs(source))
    .map(({source, dependencies}) => ({
      file: source,
      lines: readFileSync(source, 'utf8').split('\n').length - 1,
      imports: [...new Set(dependencies.map(({resolved}) => resolved).filter(isOurs))],
    }))
  return {floors, rules: forbidden, violations, totalCruised, totalDependenciesCruised, modules}
}

/**
 * @param nameOf gives the room of a file; by default its directory
 * @returns room -> {files, imports}: how many files it has, and which other rooms it imports
 */
export function roomsOf(modules, nameOf = dirname) {
  const rooms = new Map()
  for (const {file, imports} of modules) {
    const name = nameOf(file)
    const room = rooms.get(name) ?? {files: 0, imports: new Set()}
    rooms.set(name, room)
    room.files++
    for (const imported of imports) if (nameOf(imported) !== name) room.imports.add(nameOf(imported))
  }
  return rooms
}

/** Which rooms can be reached from a room. A room that reaches itself is part of a circle. */
export function reachedFrom(rooms, start) {
  const reached = new Set()
  const visit = (name) => {
    for (const next of rooms.get(name)?.imports ?? []) {
      if (reached.has(next)) continue
      reached.add(next)
      visit(next)
    }
  }
  visit(start)
  return reached
}
