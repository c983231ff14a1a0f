import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {chmodSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {buffer} from 'node:stream/consumers'
import {describe, expect, it} from 'vitest'
import type {Diagnostic} from '../../../src/lib/errors/diagnostic.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {packContext} from '../../../src/lib/images/build-context.ts'
import {listContext, readIgnoreRules, type ContextFiles, type ContextOptions} from '../../../src/lib/images/context-files.ts'
import {digestImage, digestSources} from '../../../src/lib/images/image-identity.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

async function list(dir: string, more: Partial<ContextOptions> = {}): Promise<ContextFiles> {
  return listContext(dir, {rules: await readIgnoreRules(dir), ...more})
}

async function names(dir: string, more: Partial<ContextOptions> = {}): Promise<string[]> {
  return (await list(dir, more)).entries.map((entry) => entry.path)
}

async function refusal(dir: string, more: Partial<ContextOptions> = {}): Promise<readonly Diagnostic[]> {
  try {
    await list(dir, more)
  } catch (error) {
    if (error instanceof WorkflowError && error.code === 'BUILD_FAILED') return error.diagnostics
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the files of a context', () => {
  it('come in a fixed order, without what nobody means to send', async () => {
    const dir = writeFiles(temporaryDir(), {
      'b.js': '',
      'a/z.js': '',
      'a/b/c.js': '',
      'B.js': '',
      '.git/HEAD': '',
      'node_modules/x/index.js': '',
      '.autokestra/old': '',
    })
    mkdirSync(path.join(dir, 'empty'))
    expect(await names(dir)).toEqual(['B.js', 'a', 'a/b', 'a/b/c.js', 'a/z.js', 'b.js', 'empty'])
  })

  it('are fewer by a .dockerignore, whose exceptions keep the directories they need', async () => {
    const dir = writeFiles(temporaryDir(), {
      '.dockerignore': '*\n!plugin.yaml\n!src/*.js\n',
      'plugin.yaml': '',
      'src/a.js': '',
      'src/a.log': '',
      'docs/b.md': '',
    })
    expect(await names(dir)).toEqual(['plugin.yaml', 'src', 'src/a.js'])
    expect(await names(dir, {alwaysSent: ['.dockerignore'], neverSent: ['src/a.js']})).toEqual(['.dockerignore', 'plugin.yaml'])
  })

  it('may be links within the directory', async () => {
    const dir = writeFiles(temporaryDir(), {'lib/a.js': ''})
    symlinkSync('lib/a.js', path.join(dir, 'a.js'))
    symlinkSync('../lib', path.join(dir, 'lib/self'))
    symlinkSync('nowhere', path.join(dir, 'lost'))
    expect((await list(dir)).entries.filter(({kind}) => kind === 'link')).toMatchObject([
      {path: 'a.js', kind: 'link', mode: 0o777, size: 0, target: 'lib/a.js'},
      {path: 'lib/self', kind: 'link', mode: 0o777, size: 0, target: '../lib'},
      {path: 'lost', kind: 'link', mode: 0o777, size: 0, target: 'nowhere'},
    ])
  })

  it.each([
    ['../secret', 'outside the plugin'],
    ['lib/../../secret', 'outside the plugin'],
    ['/etc/passwd', 'absolute'],
    ['hop', 'outside the plugin'],
  ])('are refused when a link leads to %s', async (target, reason) => {
    const home = temporaryDir()
    const dir = writeFiles(path.join(home, 'p'), {'lib/a.js': ''})
    writeFileSync(path.join(home, 'secret'), 'x')
    // A link through another one: the name stays inside, the file does not.
    symlinkSync('..', path.join(dir, 'lib/up'))
    symlinkSync('../..', path.join(dir, 'lib/out'))
    symlinkSync('lib/out/secret', path.join(dir, 'hop'))
    symlinkSync(target, path.join(dir, 'link'))
    const found = await refusal(dir)
    expect(found.map(({code}) => code)).toEqual(found.map(() => 'link-outside'))
    expect(found.find(({message}) => message.startsWith('link '))?.message).toContain(reason)
    // What is not sent may lead anywhere.
    writeFiles(dir, {'.dockerignore': 'link\nhop\nlib/out\n'})
    expect(await names(dir)).toContain('lib/a.js')
  })

  it('that are neither file nor directory stay out, with a warning', async () => {
    const dir = writeFiles(temporaryDir(), {'a.js': ''})
    execFileSync('mkfifo', [path.join(dir, 'pipe')])
    const {entries, warnings} = await list(dir)
    expect(entries.map((entry) => entry.path)).toEqual(['a.js'])
    expect(warnings).toMatchObject([{code: 'special-file', message: expect.stringContaining('pipe') as unknown}])
  })

  it('that look like secrets are told of, and templates and packages are not', async () => {
    const secret = ['.env', '.env.production', 'certs/server.pem', 'tls.KEY', 'id_ed25519', '.npmrc', '.ssh/config', 'credentials.json']
    const harmless = ['.env.example', 'keys.js', 'env', 'tokens.test.ts', 'monkey', 'package.json']
    const dir = writeFiles(temporaryDir(), Object.fromEntries([...secret, ...harmless].map((name) => [name, 'x'])))
    const {warnings} = await list(dir)
    expect(warnings.map(({file = ''}) => path.relative(dir, file)).sort()).toEqual(secret.sort())
    expect(warnings[0]).toMatchObject({severity: 'warning', code: 'secret-file', hint: expect.stringContaining('.dockerignore') as unknown})
    writeFiles(dir, {'.dockerignore': secret.join('\n')})
    expect((await list(dir)).warnings).toEqual([])
  })

  it('are refused when they are too many bytes, with the names of the largest', async () => {
    const dir = writeFiles(temporaryDir(), {'data/big.bin': 'x'.repeat(3000), 'small.js': 'x'})
    expect(await refusal(dir, {maxBytes: 1000})).toMatchObject([
      {code: 'context-too-large', hint: expect.stringContaining('data (') as unknown},
    ])
    expect((await list(dir)).bytes).toBe(3001)
  })

  it('are refused when a name is not UTF-8, unless they are left out', async () => {
    const dir = writeFiles(temporaryDir(), {'a.js': '', 'sub/ä.js': '', 'logs/a.log': ''})
    const name = (text: string): Buffer => Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(text, 'latin1')])
    writeFileSync(name('b\xff.txt'), 'x')
    writeFileSync(name('sub/\xc3\xa4\xe2\x82.js'), 'x')
    writeFileSync(name('logs/\xfe.log'), 'x')
    mkdirSync(name('d\xff'))
    symlinkSync(Buffer.from([0x61, 0xff]), path.join(dir, 'link'))
    writeFiles(dir, {'.dockerignore': '*/*.log\n'})
    const found = await refusal(dir)
    expect(found.map(({code, message}) => [code, message.split(' ')[0]])).toEqual([
      ['name-not-utf8', 'b\\xff.txt'],
      ['name-not-utf8', 'd\\xff'],
      ['link-outside', 'link'],
      ['name-not-utf8', 'sub/ä\\xe2\\x82.js'],
    ])
    expect(found[0]).toMatchObject({
      message: 'b\\xff.txt has a name that is not UTF-8, and cannot be sent',
      hint: expect.stringContaining('rename it') as unknown,
    })
    expect(found[2]?.message).toContain('not UTF-8: a\\xff')
  })

  it('a .dockerignore that is a link is not followed', async () => {
    const dir = writeFiles(temporaryDir(), {'a.js': '', rules: 'a.js'})
    symlinkSync('rules', path.join(dir, '.dockerignore'))
    await expect(list(dir)).rejects.toThrow(WorkflowError)
  })
})

/** The tar stream of a directory, with one file added. */
async function packed(dir: string): Promise<Buffer> {
  return await buffer(await packContext(dir, (await list(dir)).entries, [{path: '.autokestra/x', content: Buffer.from('added')}]))
}

describe('the stream of a context', () => {
  it('is the same for the same files, whoever owns them and whenever they were written', async () => {
    const files = {'plugin.yaml': 'a', 'src/index.js': 'b', 'run.sh': 'c', '.empty': ''}
    const [first, second] = [temporaryDir(), temporaryDir()].map((dir) => writeFiles(dir, files))
    if (first === undefined || second === undefined) throw new Error('two directories')
    chmodSync(path.join(first, 'run.sh'), 0o700)
    chmodSync(path.join(second, 'run.sh'), 0o755)
    chmodSync(path.join(first, 'plugin.yaml'), 0o600)
    utimesSync(path.join(first, 'plugin.yaml'), 1, 1)
    expect((await packed(first)).equals(await packed(second))).toBe(true)
    expect(digestSources(first, (await list(first)).entries, [])).toBe(digestSources(second, (await list(second)).entries, []))
  })

  it('holds files, directories, links and what is added, readable for everybody', async () => {
    const dir = writeFiles(temporaryDir(), {'src/a.js': 'text', 'run.sh': '#!/bin/sh\n'})
    chmodSync(path.join(dir, 'run.sh'), 0o700)
    symlinkSync('src/a.js', path.join(dir, 'link'))
    const archive = path.join(temporaryDir(), 'context.tar')
    writeFileSync(archive, await packed(dir))
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', archive], {encoding: 'utf8', env: {...process.env, TZ: 'UTC'}})
    expect(listing.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 link -> src/a.js',
      '-rwxr-xr-x 0/0 10 1970-01-01 00:00 run.sh',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 src',
      '-rw-r--r-- 0/0 4 1970-01-01 00:00 src/a.js',
      '-rw-r--r-- 0/0 5 1970-01-01 00:00 .autokestra/x',
      '',
    ])
    expect(execFileSync('tar', ['-xOf', archive, 'src/a.js'], {encoding: 'utf8'})).toBe('text')
  })

  it('breaks when a file is gone before it was read', async () => {
    const dir = writeFiles(temporaryDir(), {'a.js': 'text'})
    const {entries} = await list(dir)
    const lost = entries.map((entry) => ({...entry, path: 'gone.js'}))
    await expect(packContext(dir, lost, []).then(buffer)).rejects.toThrow('ENOENT')
  })

  it('and the digest have been the same in all versions', async () => {
    const dir = writeFiles(temporaryDir(), {'plugin.yaml': 'name: x\n', 'src/a.js': 'text', 'src/ä/none': '', 'src.txt': 'y'})
    mkdirSync(path.join(dir, 'empty'))
    writeFileSync(path.join(dir, 'run.sh'), '#!/bin/sh\n', {mode: 0o700})
    symlinkSync('src/a.js', path.join(dir, 'link'))
    const added = [{path: '.autokestra/x', content: Buffer.from('added')}]
    const stream = createHash('sha256').update(await packed(dir))
    expect(stream.digest('hex')).toBe('85261ca6af03897c84e0b7cc90ffca37346f587b1cfc1f3a333ade7f62693808')
    expect(digestSources(dir, (await list(dir)).entries, added)).toBe('42bd2268eb75211d800c00b27b893bc5981bcb14cfb9f3dac29d5dbe6070a78c')
  })
})

describe('what is exchanged after the files were listed', () => {
  /** A plugin, and a place beside it whose files must not come along. */
  function places(): {dir: string; outside: string} {
    const home = temporaryDir()
    const dir = writeFiles(path.join(home, 'plugin'), {'plugin.yaml': 'x', 'src/deep/a.js': 'mine', 'src/deep/b.js': 'mine'})
    return {
      dir,
      outside: writeFiles(path.join(home, 'outside'), {'deep/a.js': 'SECRET', 'deep/b.js': 'SECRET', 'a.js': 'SECRET', 'b.js': 'SECRET'}),
    }
  }

  it.each<[string, string, (dir: string, outside: string) => void]>([
    [
      'a directory for a link to another place',
      'a link or a file has taken the place of a directory',
      (dir, outside) => {
        renameSync(path.join(dir, 'src'), path.join(dir, '..', 'old'))
        symlinkSync(outside, path.join(dir, 'src'))
      },
    ],
    [
      'a directory further down for a link',
      'a link or a file has taken the place of a directory',
      (dir, outside) => {
        renameSync(path.join(dir, 'src/deep'), path.join(dir, '..', 'old'))
        symlinkSync(outside, path.join(dir, 'src/deep'))
      },
    ],
    [
      'a directory for another directory',
      'something else has taken its place',
      (dir, outside) => {
        renameSync(path.join(dir, 'src'), path.join(dir, '..', 'old'))
        renameSync(outside, path.join(dir, 'src'))
      },
    ],
    [
      'a file for a link',
      'a link has taken its place',
      (dir, outside) => {
        unlinkSync(path.join(dir, 'src/deep/a.js'))
        symlinkSync(path.join(outside, 'a.js'), path.join(dir, 'src/deep/a.js'))
      },
    ],
    [
      'a file for another of the same size',
      'something else has taken its place',
      (dir) => {
        writeFileSync(path.join(dir, 'src/deep/new'), 'evil')
        renameSync(path.join(dir, 'src/deep/new'), path.join(dir, 'src/deep/a.js'))
      },
    ],
    [
      'a file for a longer one',
      'it has another size',
      (dir) => {
        writeFileSync(path.join(dir, 'src/deep/a.js'), 'longer than before')
      },
    ],
    [
      'a file for a pipe',
      'something else has taken its place',
      (dir) => {
        unlinkSync(path.join(dir, 'src/deep/a.js'))
        execFileSync('mkfifo', [path.join(dir, 'src/deep/a.js')])
      },
    ],
  ])('is refused: %s', async (_what, reason, exchange) => {
    const {dir, outside} = places()
    // The files alone, too: no entry of a directory may be needed to notice.
    const all = (await list(dir)).entries
    const lists = [all, all.filter(({kind}) => kind === 'file')]
    exchange(dir, outside)
    for (const entries of lists) {
      const refused = {code: 'BUILD_FAILED', hint: expect.stringContaining('again') as unknown}
      const isAboutDirectory = entries === all && reason.includes('the place of a directory')
      const message = expect.stringContaining(isAboutDirectory ? 'has taken' : reason) as unknown
      await expect(packContext(dir, entries, []).then(buffer)).rejects.toMatchObject({message, ...refused})
      expect(() => digestSources(dir, entries, [])).toThrow(expect.objectContaining({message, ...refused}) as Error)
    }
    await expect.poll(() => openBelow(path.dirname(dir)), {timeout: 10_000}).toEqual([])
  })

  it('and what was not leaves nothing open', async () => {
    const {dir} = places()
    const {entries} = await list(dir)
    digestSources(dir, entries, [])
    await packContext(dir, entries, []).then(buffer)
    await expect.poll(() => openBelow(dir), {timeout: 10_000}).toEqual([])
  })
})

/** Files below a directory that this process has open. */
function openBelow(dir: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${descriptor}`)
      return file.startsWith(dir) ? [file] : []
    } catch {
      // The descriptor of this very listing.
      return []
    }
  })
}

describe('the digest of an image', () => {
  it.each<[string, (dir: string) => void]>([
    ['content', (dir) => writeFiles(dir, {'a.js': 'y'})],
    ['a name', (dir) => writeFiles(dir, {'b.js': ''})],
    [
      'a permission',
      (dir) => {
        chmodSync(path.join(dir, 'a.js'), 0o755)
      },
    ],
    [
      'an empty directory',
      (dir) => {
        mkdirSync(path.join(dir, 'empty'))
      },
    ],
    [
      'a link',
      (dir) => {
        symlinkSync('a.js', path.join(dir, 'link'))
      },
    ],
  ])('changes with %s', async (_what, change) => {
    const dir = writeFiles(temporaryDir(), {'a.js': 'x'})
    const before = digestSources(dir, (await list(dir)).entries, [])
    expect(digestSources(dir, (await list(dir)).entries, [])).toBe(before)
    change(dir)
    expect(digestSources(dir, (await list(dir)).entries, [])).not.toBe(before)
  })

  it('does not change with what is not sent, and does with what is added and with the Dockerfile', async () => {
    const dir = writeFiles(temporaryDir(), {'a.js': 'x', '.dockerignore': 'b.js\n'})
    const before = digestSources(dir, (await list(dir)).entries, [])
    writeFiles(dir, {'b.js': 'y', '.git/HEAD': 'z'})
    expect(digestSources(dir, (await list(dir)).entries, [])).toBe(before)
    expect(digestSources(dir, (await list(dir)).entries, [{path: 'host.js', content: Buffer.from('1')}])).not.toBe(before)
    expect(digestImage(before, 'FROM a\n')).not.toBe(digestImage(before, 'FROM b\n'))
  })
})
