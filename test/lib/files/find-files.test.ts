import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {findFiles, TreeTooLargeError} from '../../../src/lib/files/find-files.ts'
import {compileGlob} from '../../../src/lib/files/glob.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const find = async (root: string, ...patterns: string[]): Promise<unknown> =>
  (await findFiles(root, patterns.map(compileGlob))).map(({path, kind}) => (kind === 'file' ? path : `${path} (${kind})`))

describe('findFiles', () => {
  it('finds files in the order of their paths, and links as links', async () => {
    const root = temporaryDir()
    mkdirSync(join(root, 'out/deep'), {recursive: true})
    for (const name of ['b.csv', 'a.csv', 'c.txt', 'deep/d.csv', 'new\nline.csv']) writeFileSync(join(root, 'out', name), '')
    symlinkSync('/etc/passwd', join(root, 'out/link.csv'))
    expect(await find(root, 'out/*.csv')).toEqual(['out/a.csv', 'out/b.csv', 'out/link.csv (link)', 'out/new\nline.csv'])
    expect(await find(root, '**/*.csv', 'out/c.txt')).toContain('out/deep/d.csv')
    expect(await find(root, 'none/*')).toEqual([])
    expect(await find(join(root, 'missing'), '**')).toEqual([])
  })

  it('follows no link to a directory, not even where the pattern names it', async () => {
    const root = temporaryDir()
    const other = temporaryDir()
    writeFileSync(join(other, 'a.csv'), '')
    symlinkSync(other, join(root, 'out'))
    expect(await find(root, 'out/a.csv', 'out/*', '**/*.csv')).toEqual([])
  })

  it('marks names that no text can name', async () => {
    const root = temporaryDir()
    writeFileSync(Buffer.concat([Buffer.from(`${root}/a`), Buffer.from([0xff]), Buffer.from('.csv')]), '')
    expect(await findFiles(root, [compileGlob('*.csv')])).toMatchObject([{isUnnamable: true}])
  })

  it('gives up on a tree that is too large', async () => {
    const root = temporaryDir()
    for (let nth = 0; nth < 5; nth++) writeFileSync(join(root, String(nth)), '')
    await expect(findFiles(root, [compileGlob('**')], 4)).rejects.toThrow(TreeTooLargeError)
  })
})
