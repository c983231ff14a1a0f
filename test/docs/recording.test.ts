// The picture of a run in the README: made by scripts/record-run.mjs, safe to show, and of the example it names.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {drawRecording, drawScreen} from '../../scripts/record-run.mjs'
import {packageRoot} from '../rig/workflow-command.ts'

it('a screen is drawn with its colours, and its text is text', () => {
  expect(drawScreen('\u001b[32m✓\u001b[39m <a> & b\n\n\u001b[1;2mx\u001b[0m y')).toBe(
    '<text y="36"><tspan fill="#57ab5a">✓</tspan><tspan fill="#adbac7"> &lt;a&gt; &amp; b</tspan></text>' +
      '<text y="72"><tspan fill="#768390" font-weight="bold">x</tspan><tspan fill="#adbac7"> y</tspan></text>',
  )
})

it('each frame is shown from its moment to that of the next one, and the last one to the end', () => {
  const drawn = drawRecording([
    {atMs: 0, screen: 'one'},
    {atMs: 2000, screen: 'two'},
    {atMs: 4000, screen: 'three'},
  ])
  expect(drawn).toContain('@keyframes f0{0.00%{opacity:1}20.00%{opacity:1}20.00%{opacity:0}100%{opacity:0}}')
  expect(drawn).toContain('@keyframes f1{0%{opacity:0}20.00%{opacity:0}')
  expect(drawn).toContain('@keyframes f2{0%{opacity:0}40.00%{opacity:1}100%{opacity:1}}')
})

it('the picture of the README shows a whole run, and runs and fetches nothing', () => {
  const picture = readFileSync(path.join(packageRoot, 'docs/images/run.svg'), 'utf8')
  for (const text of ['workflow run examples/10-release.yaml', 'attempt 1 failed', '14 pages look right', 'app-1.4.0.tgz'])
    expect(picture).toContain(text)
  expect(picture).not.toMatch(/<script|\bon\w+=|href|url\(|<foreignObject|<image/i)
  expect(picture.replace('http://www.w3.org/2000/svg', '')).not.toContain('http')
  expect(picture.length).toBeLessThan(200_000)
})
