// Draws the rooms of src and their imports, by floor, as Markdown.
//   node scripts/draw-house.mjs            prints the drawing
//   node scripts/draw-house.mjs --update   writes it into docs/architecture.md, between the two comments

import {readFileSync, writeFileSync} from 'node:fs'
import {format} from 'prettier'
import {reachedFrom, readHouse, roomsOf} from './house.mjs'

const page = 'docs/architecture.md'
const start = '<!-- drawn by scripts/draw-house.mjs -->\n'
const end = '<!-- end of the drawing -->\n'

/** The room of a file, without the rooms inside of it: `src/lib/ui/views/table.ts` is in `ui`. The table of commands, src/cli.ts, is in none. */
function roomOf(file) {
  const [, room = 'cli.ts'] = /^src\/(?:lib\/)?([^/]+)\/./.exec(file) ?? []
  return room
}

/** src/lib by the floors of .dependency-cruiser.cjs; above them the composition root, and above that the command line. */
function floorsOf(rooms, floors) {
  const named = [...floors.map((floor) => Object.keys(floor)), ['app'], ['cli', 'commands', 'cli.ts']].map((names) =>
    names.filter((name) => rooms.has(name)),
  )
  const lost = [...rooms.keys()].filter((name) => !named.flat().includes(name))
  if (lost.length > 0) throw new Error(`on no floor of .dependency-cruiser.cjs: ${lost.join(', ')}`)
  return named
}

function table(rooms, floors, sizes) {
  const rows = floors
    .flatMap((names, floor) => names.map((name) => ({floor, name})))
    .reverse()
    .map(({floor, name}) => `| ${floor} | ${name} | ${sizes.get(name)} | ${[...rooms.get(name).imports].sort().join(', ') || 'nothing'} |`)
  return ['| floor | room | files | imports |', '| ---: | --- | --- | --- |', ...rows].join('\n')
}

/** How many files each room has, and each room inside of it: `6, protocols 8`. */
function sizesOf(modules) {
  const sizes = new Map()
  for (const [directory, {files}] of [...roomsOf(modules)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const room = roomOf(`${directory}/file.ts`)
    const inside = directory
      .replace(/^src\/(lib\/)?/, '')
      .split('/')
      .slice(1)
      .join('/')
    const size = inside === '' ? `${files}` : `${inside} ${files}`
    sizes.set(room, [...(sizes.get(room) ?? []), size])
  }
  return new Map([...sizes].map(([name, parts]) => [name, parts.join(', ')]))
}

/** Arrows that other arrows imply are left out: with all of them nobody would see the floors. */
function picture(rooms, floors) {
  const boxes = floors.map((names, floor) => `  subgraph floor${floor}["floor ${floor}"]\n    ${names.join('\n    ')}\n  end`).reverse()
  const arrows = floors
    .flat()
    .reverse()
    .flatMap((name) => {
      const imports = [...rooms.get(name).imports]
      return imports
        .filter((to) => !imports.some((other) => other !== to && reachedFrom(rooms, other).has(to)))
        .sort()
        .map((to) => `  ${name} --> ${to}`)
    })
  return ['```mermaid', 'flowchart TD', ...boxes, ...arrows, '```'].join('\n')
}

const {floors, modules} = await readHouse()
const ours = modules
  .filter(({file}) => file.startsWith('src/'))
  .map((module) => ({...module, imports: module.imports.filter((file) => file.startsWith('src/'))}))
const rooms = roomsOf(ours, roomOf)
const named = floorsOf(rooms, floors)
const drawing = await format(`${table(rooms, named, sizesOf(ours))}\n\n${picture(rooms, named)}\n`, {parser: 'markdown'})

if (process.argv[2] === '--update') {
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
  if (from < start.length || to < from) throw new Error(`${page} has no place for the drawing: ${start.trim()} and ${end.trim()}`)
  writeFileSync(page, `${text.slice(0, from)}\n${drawing}\n${text.slice(to)}`)
} else process.stdout.write(drawing)
