import {chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {contentDigest} from '../../../src/lib/plugins/content-digest.ts'
import type {Plan} from '../../../src/lib/engine/plan.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {Project, shellPlugin} from '../../rig/project.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

function plugin(): string {
  const dir = temporaryDir()
  writeFiles(dir, {'plugin.yaml': 'name: p', 'run.sh': 'echo 1', 'lib/a.js': 'a', 'lib/b.js': 'b'})
  return dir
}

describe('the digest of a plugin', () => {
  it('is the same wherever and whenever the same files are', () => {
    const [one, other] = [plugin(), plugin()]
    utimesSync(path.join(one, 'run.sh'), 1, 1)
    expect(contentDigest(one)).toBe(contentDigest(other))
    expect(contentDigest(one)).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each<[string, (dir: string) => void]>([
    ['a changed byte', (dir) => writeFileSync(path.join(dir, 'lib/b.js'), 'c')],
    ['a new file', (dir) => writeFileSync(path.join(dir, 'lib/c.js'), '')],
    ['a removed file', (dir) => rmSync(path.join(dir, 'lib/b.js'))],
    ['another name', (dir) => renameSync(path.join(dir, 'lib/b.js'), path.join(dir, 'lib/c.js'))],
    ['a file that is elsewhere', (dir) => renameSync(path.join(dir, 'lib/b.js'), path.join(dir, 'b.js'))],
    ['a program instead of a file', (dir) => chmodSync(path.join(dir, 'run.sh'), 0o755)],
    [
      'a link instead of a file',
      (dir) => {
        rmSync(path.join(dir, 'lib/b.js'))
        symlinkSync('a.js', path.join(dir, 'lib/b.js'))
      },
    ],
    [
      'content that moved from one file to the next',
      (dir) => {
        writeFileSync(path.join(dir, 'lib/a.js'), 'ab')
        writeFileSync(path.join(dir, 'lib/b.js'), '')
      },
    ],
    ['a large file', (dir) => writeFileSync(path.join(dir, 'large'), Buffer.alloc(300 * 1024))],
  ])('is another one after %s', (_name, change) => {
    const dir = plugin()
    const before = contentDigest(dir)
    change(dir)
    expect(contentDigest(dir)).not.toBe(before)
  })

  it('leaves out installed packages and what tools leave while they run, and reads a link that leads nowhere', () => {
    const dir = plugin()
    symlinkSync('.', path.join(dir, 'circle'))
    symlinkSync('nowhere', path.join(dir, 'lost'))
    const before = contentDigest(dir)
    for (const name of ['node_modules', '__pycache__', '.git', 'lib/node_modules']) {
      mkdirSync(path.join(dir, name), {recursive: true})
      writeFileSync(path.join(dir, name, 'x'), 'x')
    }
    expect(contentDigest(dir)).toBe(before)
    expect(contentDigest(path.join(dir, 'nothing'))).toMatch(/^[0-9a-f]{32}$/)
  })

  it('has an end in a large directory', () => {
    const dir = temporaryDir()
    for (let index = 0; index < 6000; index += 1) writeFileSync(path.join(dir, String(index)), 'x')
    const before = performance.now()
    contentDigest(dir)
    expect(performance.now() - before).toBeLessThan(5000)
  })
})

it('the plan of a run has it for plugins of others, and not for those of the program', async () => {
  const project = new Project({
    ...shellPlugin('p', 'echo 1'),
    'w.yaml': 'id: w\ntasks:\n  - {id: own, type: test/p.act}\n  - {id: core, type: core/shell.run, inputs: {command: "true"}}\n',
  })
  expect((await project.run(['run', 'w.yaml'])).exitCode).toBe(0)
  const db = await openDatabase(path.join(project.home, 'autokestra.db'))
  const {tasks} = JSON.parse(db.prepare<[], string>('SELECT plan FROM plans').pluck().get() ?? '') as Plan
  db.close()
  expect(tasks.map(({action}) => action.pluginDigest)).toEqual([contentDigest(project.path('plugins/p')), undefined])
})
