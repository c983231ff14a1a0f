import {describe, expect, test} from 'vitest'
import {Graph} from '../../../src/lib/workflow/graph.ts'

const graph = (edges: Record<string, string[]>) => new Graph(Object.entries(edges).map(([id, needs]) => ({id, needs})))

test('needs come first, otherwise the order is kept', () => {
  expect(graph({c: ['a'], b: [], a: ['b'], d: []}).order()).toEqual(['b', 'd', 'a', 'c'])
})

test('unknown needs and repeated ids are left out', () => {
  const one = new Graph([
    {id: 'a', needs: ['x', 'a2']},
    {id: 'a', needs: ['b']},
    {id: 'b', needs: ['a', 'a']},
  ])
  expect(one.order()).toEqual(['a', 'b'])
})

describe('cycles', () => {
  test.each<[Record<string, string[]>, string[]]>([
    [{a: [], b: ['a']}, []],
    [{a: ['b'], b: ['a']}, ['a b a']],
    [{a: ['a']}, ['a a']],
    [{s: ['p', 'q'], p: ['r'], r: ['p'], q: ['s']}, ['p r p', 's q s']],
    [{d: ['a'], a: ['b'], b: ['c'], c: ['a']}, ['a b c a']],
    [{a: ['x', 'b'], b: ['a'], x: []}, ['a b a']],
  ])('%j', (edges, expected) => {
    expect(
      graph(edges)
        .cycles()
        .map((path) => path.join(' ')),
    ).toEqual(expected)
  })
})

describe('upstream', () => {
  test.each<[string, string, boolean]>([
    ['a', 'b', true],
    ['a', 'd', true],
    ['d', 'a', false],
    ['a', 'a', false],
    ['c', 'b', false],
    ['x', 'a', false],
  ])('%s is upstream of %s: %s', (other, id, expected) => {
    expect(graph({d: ['b', 'c'], b: ['a'], c: ['a'], a: []}).isUpstream(other, id)).toBe(expected)
  })

  test('the answers are those of a plain search, on random graphs', () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
    for (let round = 0; round < 30; round++) {
      const size = 40
      const nodes = Array.from({length: size}, (_, n) => ({
        id: `n${n}`,
        needs: Array.from({length: n ? random(3) : 0}, () => `n${random(round % 3 ? n : size)}`),
      }))
      const needs = new Map(nodes.map((node) => [node.id, node.needs]))
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        (needs.get(from) ?? []).some((need) => need === to || (!seen.has(need) && reaches(need, to, seen.add(need))))
      const tested = new Graph(nodes)
      for (let asked = 0; asked < 2000; asked++) {
        const [from, to] = [`n${random(size)}`, `n${random(size)}`]
        expect(tested.isUpstream(to, from)).toBe(reaches(from, to))
      }
    }
  })

  test('10 000 tasks in a chain, all asking for the first and for their neighbours', () => {
    const size = 10_000
    const chain = new Graph(Array.from({length: size}, (_, n) => ({id: `${n}`, needs: n ? [`${n - 1}`] : []})))
    const started = performance.now()
    for (let n = 3; n < size; n++) {
      expect(chain.isUpstream('0', `${n}`) && chain.isUpstream(`${n - 3}`, `${n}`)).toBe(true)
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
