// The drawing of lanes, looked at and traced back: what its lines lead to is what the graph says.

import {expect, it} from 'vitest'
import {asciiLines, drawLanes, unicodeLines} from '../../../../src/lib/ui/graph/lanes.ts'
import type {RunGraph} from '../../../../src/lib/ui/graph/run-graph.ts'
import {randomOf} from '../../../rig/random.ts'

type Needs = Readonly<Record<string, readonly string[]>>

function graphOf(needs: Needs): RunGraph {
  return {workflow: 'w', tasks: Object.entries(needs).map(([id, list]) => ({id, type: 't/t.t', needs: list}))}
}

function textOf(needs: Needs, lines = unicodeLines, maxLanes?: number): string | undefined {
  return drawLanes(graphOf(needs), lines, maxLanes)
    ?.map(({task, before, after}) => (task === undefined ? before : `${before}${task.id}${after}`))
    .join('\n')
}

it.each<[string, Needs, string]>([
  ['a chain', {a: [], b: ['a'], c: ['b']}, 'a\nb\nc'],
  ['tasks on their own', {a: [], b: []}, 'a\n\nb'],
  ['a diamond', {a: [], b: ['a'], c: ['a'], d: ['b', 'c']}, 'a\n├─╮\nb │\n│ c\n├─╯\nd'],
  ['three that meet', {a: [], b: [], c: [], d: ['a', 'b', 'c']}, 'a\n│ b\n├─╯\n│ c\n├─╯\nd'],
  ['a need that is named twice', {a: [], b: ['a', 'a']}, 'a\nb'],
  [
    'a line that crosses another',
    {a: [], b: ['a'], c: ['a'], d: ['a'], e: ['b', 'd'], f: ['c', 'e']},
    'a\n├─┬─╮\nb │ │\n│ c │\n│ │ d\n├─│─╯\ne │\n╰─┤\n  f',
  ],
])('%s', (_, needs, expected) => {
  expect(textOf(needs)).toBe(expected)
})

it('needs no more than ASCII', () => {
  expect(textOf({a: [], b: ['a'], c: ['a'], d: ['b', 'c']}, asciiLines)).toBe('a\n+-+\nb |\n| c\n+-+\nd')
})

it('gives up when too many lanes run side by side', () => {
  const wide = Object.fromEntries([['a', []], ...Array.from({length: 9}, (_, index) => [`b${String(index)}`, ['a']])]) as Needs
  expect(textOf(wide, unicodeLines, 8)).toBeUndefined()
  expect(textOf(wide, unicodeLines, 9)).toBeDefined()
})

/** Where lines leave each character. */
const [left, right, down] = ['─╯╮┤┴┬┼', '─╰╭├┴┬┼', '│╮┤╭├┬┼']

it('leads from each task to those that need it, and to no others: 300 random graphs', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed)
    const size = 1 + random(12)
    // One character each, so that the drawing has one column per cell.
    const ids = Array.from({length: size}, (_, index) => String.fromCharCode(97 + index))
    const needs = Object.fromEntries(ids.map((id, index) => [id, ids.slice(0, index).filter(() => random(10) < 3)]))
    const rows = (textOf(needs, unicodeLines, 1000) ?? '').split('\n')
    for (const id of ids) {
      const expected = ids.filter((other) => needs[other]?.includes(id))
      expect([...follow(rows, id)].sort(), `seed ${String(seed)}: ${id} in\n${rows.join('\n')}`).toEqual(expected)
    }
  }
})

function follow(rows: readonly string[], id: string): Set<string> {
  const row = rows.findIndex((text) => text.includes(id))
  const column = rows[row]?.indexOf(id) ?? 0
  const found = new Set<string>()
  const below = rows[row + 1] ?? ''
  const lane = below[column] ?? ' '
  const isBranch = !/[a-z│ ]/.test(lane)
  if (!isBranch) descend(rows, row + 1, column, found)
  else {
    if (down.includes(lane)) descend(rows, row + 2, column, found)
    for (const [step, leaves] of [
      [-1, left],
      [1, right],
    ] as const) {
      if (!leaves.includes(lane)) continue
      for (let at = column + step; at >= 0 && at < below.length; at += step) {
        const cell = below[at] ?? ' '
        if (cell === ' ') break
        if (cell !== '│' && down.includes(cell)) descend(rows, row + 2, at, found)
        if (!'─│┬┼┴'.includes(cell)) break
      }
    }
  }
  return found
}

/** To the next task in this column. */
function descend(rows: readonly string[], from: number, column: number, found: Set<string>): void {
  for (let row = from; row < rows.length; row += 1) {
    const cell = rows[row]?.[column] ?? ' '
    if (cell === ' ') return
    if (/[a-z]/.test(cell)) {
      found.add(cell)
      return
    }
  }
}
