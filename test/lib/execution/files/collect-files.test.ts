import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdirSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {collectFiles, maxFileBytes, maxFiles, type CollectedFiles} from '../../../../src/lib/execution/files/collect-files.ts'
import {readFiles} from '../../../../src/lib/workflow/task/task-files.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const neverAborted = new AbortController().signal

async function collect(
  directory: string,
  out: Readonly<Record<string, string | {path: string; optional: boolean}>>,
): Promise<CollectedFiles> {
  return await collectFiles(directory, readFiles({out})?.out ?? {}, neverAborted)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describe('the files that a task left', () => {
  it('are a list for a pattern and one file for a path, with size and hash', async () => {
    const directory = temporaryDir()
    mkdirSync(join(directory, 'out'))
    const names = ['a.csv', '-rf', '$(touch x)', 'new\nline', "quo'te", ' ', '😀', '__proto__']
    for (const name of names) writeFileSync(join(directory, 'out', name), name)
    const collected = await collect(directory, {
      all: 'out/*',
      one: 'out/a.csv',
      none: {path: 'x/*', optional: true},
      missing: {path: 'x', optional: true},
    })
    const one = {path: join(directory, 'out/a.csv'), name: 'out/a.csv', size: 5, sha256: sha256('a.csv')}
    expect(collected).toMatchObject({ok: true, files: {one, none: [], missing: null}, warnings: []})
    const all = collected.ok ? collected.files['all'] : undefined
    const wanted = names.map((name) => ({
      path: join(directory, 'out', name),
      name: `out/${name}`,
      size: Buffer.byteLength(name),
      sha256: sha256(name),
    }))
    expect(all).toEqual(wanted.sort((a, b) => (a.name < b.name ? -1 : 1)))
  })

  it('are asked for by the pattern that nothing fits', async () => {
    const collected = await collect(temporaryDir(), {report: 'out/*.pdf'})
    expect(collected).toEqual({
      ok: false,
      error: {
        code: 'FILES_MISSING',
        message: 'the task left no file that fits "out/*.pdf" (files.out.report); paths are relative to the directory in AUTOKESTRA_FILES',
        retryable: true,
      },
    })
  })

  it('do not include what links lead to outside, pipes and directories', async () => {
    const directory = temporaryDir()
    const outside = temporaryDir()
    writeFileSync(join(outside, 'key'), 'key')
    writeFileSync(join(directory, 'real'), 'real')
    symlinkSync('real', join(directory, 'good.link'))
    symlinkSync(join(outside, 'key'), join(directory, 'bad.link'))
    symlinkSync('loop.link', join(directory, 'loop.link'))
    symlinkSync(outside, join(directory, 'dir.link'))
    mkdirSync(join(directory, 'folder.link'))
    execFileSync('mkfifo', [join(directory, 'pipe.link')])
    const collected = await collect(directory, {links: '*.link'})
    expect(collected).toMatchObject({ok: true, files: {links: [{name: 'good.link', size: 4, sha256: sha256('real')}]}})
    const messages = collected.ok ? collected.warnings.map(({message}) => message) : []
    expect(messages.map((message) => /"(.*)"/.exec(message)?.[1])).toEqual(['bad.link', 'dir.link', 'loop.link', 'pipe.link'])
    expect(await collect(directory, {bad: 'bad.link'})).toMatchObject({
      ok: false,
      error: {
        code: 'FILES_MISSING',
        details: ['the file "bad.link" is ignored: it is a link that leads to no file in the directory of the task'],
      },
    })
  })

  it('are refused when no text names them', async () => {
    const directory = temporaryDir()
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xc3, 0x28])]), '')
    expect(await collect(directory, {all: '**'})).toMatchObject({ok: false, error: {code: 'FILES_REFUSED', retryable: false}})
  })

  it('are refused when they are too many or too large', async () => {
    const many = temporaryDir()
    for (let nth = 0; nth <= maxFiles; nth++) writeFileSync(join(many, String(nth)), '')
    expect(await collect(many, {all: '*'})).toMatchObject({ok: false, error: {code: 'FILES_REFUSED'}})
    const large = temporaryDir()
    writeFileSync(join(large, 'hole'), '')
    truncateSync(join(large, 'hole'), maxFileBytes + 1)
    expect(await collect(large, {all: '*'})).toMatchObject({ok: false, error: {code: 'FILES_REFUSED'}})
  }, 60_000)

  it('are read no further when the run is stopped', async () => {
    const directory = temporaryDir()
    writeFileSync(join(directory, 'a'), 'a')
    expect(await collectFiles(directory, {a: {path: 'a', optional: false}}, AbortSignal.abort())).toMatchObject({
      ok: false,
      error: {code: 'CANCELLED'},
    })
  })
})
