// docs/architecture.md shows the rooms as they are.

import {execFile} from 'node:child_process'
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {expect, it} from 'vitest'
import {packageRoot} from '../rig/workflow-command.ts'

it('the drawing is what the imports make it (after a change: node scripts/draw-house.mjs --update)', {timeout: 60_000}, async () => {
  const page = readFileSync(path.join(packageRoot, 'docs/architecture.md'), 'utf8')
  const [, drawn] = /<!-- drawn by scripts\/draw-house\.mjs -->\n\n([^]*)\n<!-- end of the drawing -->\n/.exec(page) ?? []
  const script = path.join(packageRoot, 'scripts/draw-house.mjs')
  const {stdout} = await promisify(execFile)(process.execPath, [script], {cwd: packageRoot})
  expect(drawn).toBe(stdout)
})
