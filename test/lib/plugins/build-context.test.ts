import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {buffer} from 'node:stream/consumers'
import {describe, expect, it} from 'vitest'
import type {Diagnostic} from '../../../src/lib/errors/diagnostic.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {packContext} from '../../../src/lib/plugins/build-context.ts'
import {listContext, readIgnoreRules, type ContextFiles, type ContextOptions} from '../../../src/lib/plugins/context-files.ts'
import {digestImage, digestSources} from '../../../src/lib/plugins/image-identity.ts'
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
    expect((await list(dir)).entries.filter(({kind}) => kind === 'link')).toEqual([
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
})

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
