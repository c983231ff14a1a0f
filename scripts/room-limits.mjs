// Says when a room or a file has grown so large that it should be divided, and which rooms of src import each other.

import {reachedFrom, roomsOf} from './house.mjs'

const maxFiles = 20
const maxLines = 250

/** @returns a sentence for each room and file over its limit, and for each room of src that is part of a circle. */
export function limitFindings(modules) {
  return [...largeRooms(modules), ...longFiles(modules), ...circles(modules)]
}

function largeRooms(modules) {
  return [...roomsOf(modules)]
    .filter(([, {files}]) => files > maxFiles)
    .map(([of, {files}]) => `${of} has ${files} files, more than ${maxFiles}: divide the room`)
}

function longFiles(modules) {
  return modules
    .filter(({lines}) => lines > maxLines)
    .map(({file, lines}) => `${file} has ${lines} lines, more than ${maxLines}: divide the file`)
}

function circles(modules) {
  const rooms = roomsOf(modules.filter(({file}) => file.startsWith('src/')))
  return [...rooms].flatMap(([of, {imports}]) => {
    const around = [...imports].filter((next) => reachedFrom(rooms, next).has(of))
    return around.length === 0 ? [] : [`${of} imports rooms that import it: ${around.sort().join(', ')}`]
  })
}
