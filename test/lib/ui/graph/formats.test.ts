// Graphs for other programs: what stands in names stays text.

import {execFileSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {renderGraph} from '../../../../src/lib/ui/graph/render-graph.ts'
import type {RunGraph} from '../../../../src/lib/ui/graph/run-graph.ts'

const hostile = `"]; end --> x["<script>alert(1)</script>&\\ \u0000\u001b[31m\ud800\n'`
const graph: RunGraph = {
  workflow: hostile,
  run: 'r',
  tasks: [
    {id: 'end', type: hostile, needs: [], status: 'succeeded', durationMs: 1200},
    {id: 'next', type: 'a/b.c', needs: ['end', 'end', 'left-out'], status: 'failed'},
  ],
}

describe('a graph', () => {
  it('as mermaid has names of its own and entities', async () => {
    const text = await renderGraph(graph, 'mermaid')
    expect(text.split('\n')).toHaveLength(7)
    expect(text).toMatch(/^ {2}t0\["end<br\/><small>[^"<>[\]]*<\/small>"\]:::succeeded$/m)
    expect(text).toContain('  t0 --> t1\n  classDef')
  })

  it('as dot quotes names', async () => {
    const text = await renderGraph(graph, 'dot')
    expect(text).toContain('"end" -> "next"')
    expect(text).toMatch(/label="end\\n\\"\]; end --> x\[\\"<script>.*\\\\ {3}/)
    expect(text).not.toContain('left-out')
  })

  it('as svg is well-formed XML without markup from names', async () => {
    const text = await renderGraph(graph, 'svg')
    expect(text).not.toContain('<script')
    const code =
      'import sys, xml.dom.minidom as m; d = m.parseString(sys.stdin.buffer.read()); print(len(d.getElementsByTagName("g")), len(d.getElementsByTagName("path")))'
    expect(execFileSync('python3', ['-c', code], {input: text}).toString().trim()).toBe('2 2')
  })

  it('as text cannot move the cursor', async () => {
    const text = await renderGraph(graph, 'ascii')
    expect(text).not.toMatch(/[^\P{Cc}\n]/u)
    expect(text.split('\n')).toHaveLength(3)
    expect(text).toMatch(/succeeded {2}1\.2 ?s$/m)
  })

  it('as a list says how many needs it does not name', async () => {
    const ids = Array.from({length: 60}, (_, index) => `t${String(index)}`)
    const tasks = [...ids.map((id) => ({id, type: 'a/b.c', needs: []})), {id: 'last', type: 'a/b.c', needs: ids}]
    const text = await renderGraph(
      {
        workflow: 'w',
        tasks: [...tasks, {id: 'x', type: 'a/b.c', needs: []}, ...ids.map((id) => ({id: `${id}-after`, type: 'a/b.c', needs: ['x']}))],
      },
      'ascii',
    )
    expect(text).toContain('last  a/b.c  needs t0, t1, t2, t3, t4 and 55 more\n')
  })
})
