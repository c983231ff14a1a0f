import {execFileSync} from 'node:child_process'
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {findInTree, findInTreeNow, type TreeFinding, type TreeJudge} from '../../../src/lib/files/find-in-tree.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const channels: TreeJudge = ({channel}) => channel

/** Both ways of searching must say the same. */
async function search(root: string, judge: TreeJudge = channels, limit?: number): Promise<TreeFinding> {
  const found = await findInTree(root, judge, limit)
  expect(findInTreeNow(root, judge, limit)).toEqual(found)
  return found
}

describe('the search of a tree', () => {
  it('finds what is judged so, however deep, and nothing in a tree without it', async () => {
    const root = temporaryDir()
    mkdirSync(path.join(root, 'a/b/c/d'), {recursive: true})
    writeFileSync(path.join(root, 'a/b/file'), '')
    expect(await search(root)).toBeUndefined()
    execFileSync('mkfifo', [path.join(root, 'a/b/c/d/pipe')])
    expect(await search(root)).toEqual({path: path.join(root, 'a/b/c/d/pipe'), why: 'a named pipe'})
    expect(await search(root, ({name, isDirectory}) => (name === 'c' && isDirectory ? 'named so' : undefined))).toEqual({
      path: path.join(root, 'a/b/c'),
      why: 'named so',
    })
  })

  it('follows no link, and leaves out what is not there', async () => {
    const [root, other] = [temporaryDir(), temporaryDir()]
    execFileSync('mkfifo', [path.join(other, 'pipe')])
    symlinkSync(other, path.join(root, 'link'))
    symlinkSync(path.join(other, 'pipe'), path.join(root, 'second'))
    symlinkSync(root, path.join(root, 'loop'))
    expect(await search(root)).toBeUndefined()
    expect(await search(path.join(root, 'none'))).toBeUndefined()
  })

  it('looks at a root that is no directory', async () => {
    const root = temporaryDir()
    writeFileSync(path.join(root, 'file'), '')
    execFileSync('mkfifo', [path.join(root, 'pipe')])
    expect(await search(path.join(root, 'file'))).toBeUndefined()
    expect(await search(path.join(root, 'pipe'))).toEqual({path: path.join(root, 'pipe'), why: 'a named pipe'})
  })

  it('steps into directories whose names are not UTF-8', async () => {
    const root = temporaryDir()
    const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x64, 0xff, 0xfe])])
    mkdirSync(name)
    execFileSync('sh', ['-c', 'cd "$1" && mkfifo */pipe 2>/dev/null || (cd */ && mkfifo pipe)', 'sh', root])
    expect(await search(root)).toMatchObject({why: 'a named pipe'})
  })

  it('ends at a number of entries, and at a depth that no path reaches', async () => {
    const root = temporaryDir()
    for (const name of ['a', 'b', 'c']) mkdirSync(path.join(root, name))
    expect(await search(root, channels, 3)).toBeUndefined()
    expect(await search(root, channels, 2)).toBe('too-large')
    mkdirSync(path.join(root, 'a', ...Array.from({length: 200}, () => 'd')), {recursive: true})
    expect(await search(root)).toBe('too-large')
  })
})
