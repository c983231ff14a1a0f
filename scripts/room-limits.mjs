// Says when a room or a file has grown so large that it should be divided, and which rooms of src import each other.

import {reachedFrom, roomsOf} from './house.mjs'

const maxFiles = 20
const maxLines = 250

/** Files and rooms that are over a limit today, each waiting to be divided. Nothing may be added; what fits again is removed. */
export const waiting = new Set([])

/** @param waiting what may be over a limit
 * @returns a sentence for each room and file over its limit, and for each room of src that is part of a circle. */
export function limitFindings(modules, waiting = new Set()) {
  const findings = [...largeRooms(modules), ...longFiles(modules), ...circles(modules)]
  const over = new Set(findings.map(({of}) => of))
  const done = [...waiting].filter((of) => !over.has(of))
  return [
    ...findings.filter(({of}) => !waiting.has(of)).map(({of, text}) => `${of} ${text}`),
    ...done.map((of) => `${of} is within its limits again: remove it from the list in scripts/room-limits.mjs`),
  ]
}

function largeRooms(modules) {
  return [...roomsOf(modules)]
    .filter(([, {files}]) => files > maxFiles)
    .map(([of, {files}]) => ({of, text: `has ${files} files, more than ${maxFiles}: divide the room`}))
}

function longFiles(modules) {
  return modules
    .filter(({lines}) => lines > maxLines)
    .map(({file, lines}) => ({of: file, text: `has ${lines} lines, more than ${maxLines}: divide the file`}))
}

function circles(modules) {
  const rooms = roomsOf(modules.filter(({file}) => file.startsWith('src/')))
  return [...rooms].flatMap(([of, {imports}]) => {
    const around = [...imports].filter((next) => reachedFrom(rooms, next).has(of))
    return around.length === 0 ? [] : [{of, text: `imports rooms that import it: ${around.sort().join(', ')}`}]
  })
}
