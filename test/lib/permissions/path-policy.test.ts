// Paths that can be granted, and those that never are, on real directories.

import {execFileSync} from 'node:child_process'
import {mkdirSync, renameSync, symlinkSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import type {EnvironmentFacts} from '../../../src/lib/permissions/protected-paths.ts'
import {PathPolicy, type PathAccess, type PathDecision} from '../../../src/lib/permissions/path-policy.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

interface Rig {
  /** Of the workflow file. */
  readonly dir: string
  readonly home: string
  decide(text: string, access?: PathAccess): PathDecision
}

/** A project with data/, out/ and plugins/, in the home directory of its user. */
function openRig(more: Partial<EnvironmentFacts> = {}): Rig {
  const home = temporaryDir()
  const dir = path.join(home, 'project')
  for (const name of ['data', 'out', 'plugins/mine', '../.ssh', '../.autokestra', '../shared'])
    mkdirSync(path.join(dir, name), {recursive: true})
  const policy = new PathPolicy({
    userHome: home,
    programHome: path.join(home, '.autokestra'),
    sockets: [],
    pluginDirs: [path.join(dir, 'plugins')],
    configFiles: [path.join(dir, 'w.yaml')],
    ...more,
  })
  return {dir, home, decide: (text, access = 'read') => policy.decide(text, access, dir)}
}

function message(decision: PathDecision): string {
  if (decision.ok) throw new Error(`granted: ${decision.path.real}`)
  return `${decision.refusal.kind}: ${decision.refusal.message}`
}

function granted(decision: PathDecision): string {
  if (!decision.ok) throw new Error(decision.refusal.message)
  return decision.path.real
}

describe('paths that can be granted', () => {
  it('are relative to the workflow file, absolute, or from the home directory, with all steps upwards resolved', () => {
    const {dir, home, decide} = openRig()
    const data = path.join(dir, 'data')
    for (const text of ['data', './data', './data/', 'out/../data', data, '~/project/data', `${dir}//out/./../data`]) {
      expect(granted(decide(text)), text).toBe(data)
    }
    expect(granted(decide('../shared'))).toBe(path.join(home, 'shared'))
    expect(granted(decide('./out', 'write'))).toBe(path.join(dir, 'out'))
  })

  it('may be files, and may hold characters that mean something elsewhere', () => {
    const {dir, decide} = openRig()
    for (const name of ['a:b', 'a,b', 'with space', '*', '$HOME']) {
      writeFileSync(path.join(dir, name), '')
      expect(granted(decide(name))).toBe(path.join(dir, name))
    }
  })

  it('are mounted by their real path, also when they are reached by a link', () => {
    const {dir, home, decide} = openRig()
    symlinkSync(path.join(dir, 'data'), path.join(dir, 'inside'))
    symlinkSync(dir, path.join(home, 'alias'))
    expect(decide('./inside')).toMatchObject({ok: true, path: {written: path.join(dir, 'inside'), real: path.join(dir, 'data')}})
    expect(decide('~/alias/data')).toMatchObject({ok: true, path: {written: path.join(home, 'alias/data'), real: path.join(dir, 'data')}})
  })

  it('may be read where plugins are loaded from', () => {
    const {dir, decide} = openRig()
    expect(granted(decide('.'))).toBe(dir)
    expect(granted(decide('./plugins/mine'))).toBe(path.join(dir, 'plugins/mine'))
  })
})

describe('paths that are never granted', () => {
  it.each([
    '/',
    '//',
    '/..',
    '../../../../..',
    '/etc',
    '/etc/',
    '/etc/ssl',
    '/proc',
    '/proc/self',
    '/sys',
    '/dev',
    '/dev/null',
    '/dev/shm',
    '/run',
    '/var/run',
    '/var',
    '/tmp',
    '/usr',
    '/bin',
    '/lib',
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/var/lib/docker',
    '~',
    '~/',
    '~/.ssh',
    '~/.ssh/id_ed25519',
    '~/.aws',
    '~/.autokestra',
    '~/.autokestra/autokestra.db',
    '~/project/..',
    '../.ssh',
  ])('%s', (text) => {
    const {decide} = openRig()
    expect(message(decide(text))).toMatch(/^refused: /)
    expect(message(decide(text, 'write'))).toMatch(/^refused: /)
  })

  it('say why', () => {
    const {home, decide} = openRig()
    expect(message(decide('/'))).toBe("refused: '/' is the whole disk: it is never granted")
    expect(message(decide('~'))).toMatch(`refused: '~' (${home}) holds ${home}/`)
    expect(message(decide('../.ssh'))).toBe(`refused: '../.ssh' (${home}/.ssh) holds your SSH keys: it is never granted`)
    expect(message(decide('/etc/ssl'))).toBe(
      "refused: '/etc/ssl' is in /etc, which holds the settings and users of this machine: it is never granted",
    )
  })

  it('stay so behind a link, however many there are', () => {
    const {dir, decide} = openRig()
    symlinkSync('/etc', path.join(dir, 'link'))
    symlinkSync('link', path.join(dir, 'data/second'))
    symlinkSync('../link', path.join(dir, 'out/third'))
    for (const text of ['./link', './link/ssl', './out/third']) expect(message(decide(text)), text).toMatch(/^refused: .*\/etc/)
    symlinkSync(path.join(dir, '../.ssh'), path.join(dir, 'keys'))
    expect(message(decide('./keys'))).toMatch(/holds your SSH keys/)
  })

  it('include a written path that is never granted, also when it is a link to something harmless', () => {
    const {dir, home, decide} = openRig({runtimeDir: '/run/user/1'})
    mkdirSync(path.join(home, 'shared/harmless'))
    // The mount would stand by the written path, too, where programs of the container look for something else.
    symlinkSync(path.join(home, 'shared/harmless'), path.join(home, '.aws'))
    expect(message(decide('~/.aws'))).toMatch(/^refused: '~\/\.aws' .*holds your keys for AWS/)
    symlinkSync(path.join(dir, 'data'), path.join(dir, '.ssh'))
    expect(message(decide('./.ssh'))).toMatch(/^refused: .*is in a directory \.ssh/)
  })

  it('include a link in the project that leads out of it, to whatever', () => {
    const {dir, home, decide} = openRig()
    symlinkSync(path.join(home, 'shared'), path.join(dir, 'link'))
    expect(message(decide('./link'))).toBe(
      `refused: './link' is a link that points outside the directory of the workflow, to ${home}/shared`,
    )
    expect(granted(decide('../shared'))).toBe(path.join(home, 'shared'))
  })

  it('include places whose guarded directory is itself reached by a link', () => {
    const {home, decide} = openRig()
    mkdirSync(path.join(home, 'vault/keys'), {recursive: true})
    symlinkSync(path.join(home, 'vault/keys'), path.join(home, '.aws'))
    expect(message(decide('../vault'))).toMatch(/holds .*vault\/keys, which holds your keys for AWS/)
  })

  it('include what may not be written: plugins, the workflow file, and every directory that holds them', () => {
    const {dir, decide} = openRig()
    writeFileSync(path.join(dir, 'w.yaml'), '')
    for (const text of ['./plugins', './plugins/mine', '.', './w.yaml']) expect(message(decide(text, 'write')), text).toMatch(/^refused: /)
  })

  it('include keys of whomever, and the directory that holds them', () => {
    const {home, decide} = openRig()
    mkdirSync(path.join(home, 'shared/other/.ssh'), {recursive: true})
    for (const text of ['../shared/other', '../shared/other/.ssh', '../shared/other/.ssh/id', '/home'])
      expect(message(decide(text)), text).toMatch(/^refused: /)
    expect(message(decide('../shared'))).toMatch(/holds .*shared\/other\/\.ssh, which holds keys for SSH/)
  })

  it('include what holds them further down: keys for reading, and for writing also what git starts programs by', () => {
    const {dir, decide} = openRig()
    mkdirSync(path.join(dir, 'data/deep/er/.git'), {recursive: true})
    expect(granted(decide('./data'))).not.toBe('')
    expect(message(decide('./data', 'write'))).toMatch(/^refused: .*holds .*data\/deep\/er\/\.git, which holds hooks/)
    mkdirSync(path.join(dir, 'out/deep/.aws'), {recursive: true})
    expect(message(decide('./out'))).toMatch(/^refused: .*holds .*out\/deep\/\.aws, which holds keys for AWS/)
  })

  it('include, for writing, what git starts programs by', () => {
    const {dir, home, decide} = openRig()
    mkdirSync(path.join(dir, '.git/hooks'), {recursive: true})
    // As in a worktree, where a file names the directory.
    writeFileSync(path.join(home, 'shared/.git'), 'gitdir: /elsewhere')
    for (const text of ['./.git', './.git/hooks', '../shared']) {
      expect(message(decide(text, 'write')), text).toMatch(/^refused: .*hooks and settings/)
      expect(granted(decide(text))).not.toBe('')
    }
    expect(granted(decide('./out', 'write'))).not.toBe('')
  })

  it('include a plugin directory that is not there yet', () => {
    const {dir, decide} = openRig({pluginDirs: [path.join(temporaryDir(), 'plugins')]})
    expect(message(decide('.', 'write'))).toMatch(/w\.yaml/)
    const other = openRig({pluginDirs: [path.join(dir, 'out/plugins')]})
    expect(granted(other.decide('./out', 'write'))).not.toBe('')
    expect(
      message(
        new PathPolicy({programHome: '/no', sockets: [], pluginDirs: [path.join(dir, 'out/plugins')], configFiles: []}).decide(
          './out',
          'write',
          dir,
        ),
      ),
    ).toMatch(/holds .*out\/plugins, which is where plugins are loaded from/)
  })

  it('include sockets, and directories that hold one on which somebody listens, wherever it is', async () => {
    const chosen = temporaryDir()
    const {dir, decide} = openRig({sockets: [path.join(chosen, 'chosen.sock')]})
    const listen = async (file: string): Promise<void> => {
      const server = createServer().listen(file)
      await new Promise((resolve) => server.once('listening', resolve))
      onTestFinished(() => {
        server.close()
      })
    }
    await listen(path.join(chosen, 'chosen.sock'))
    expect(message(decide(chosen))).toMatch(/is a socket/)
    mkdirSync(path.join(dir, 'data/deep/er'), {recursive: true})
    await listen(path.join(dir, 'data/deep/er/any'))
    expect(message(decide('./data'))).toMatch(/holds .*data\/deep\/er\/any, a socket: the program behind it/)
    await listen(path.join(dir, 'out/other.sock'))
    expect(message(decide('./out/other.sock'))).toMatch(/is neither a file nor a directory/)
  })

  it('include directories that hold a socket whose name the kernel knows otherwise, or a named pipe', async () => {
    const {dir, decide} = openRig()
    mkdirSync(path.join(dir, 'elsewhere'))
    const server = createServer().listen(path.join(dir, 'elsewhere/any.sock'))
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => {
      server.close()
    })
    // As with one that was bound by a relative path, or in another network namespace.
    renameSync(path.join(dir, 'elsewhere'), path.join(dir, 'data/moved'))
    expect(message(decide('./data'))).toMatch(/^refused: .*holds .*data\/moved\/any\.sock, a socket: the program behind it/)
    execFileSync('mkfifo', [path.join(dir, 'out/pipe')])
    expect(message(decide('./out', 'write'))).toMatch(/^refused: .*holds .*out\/pipe, a named pipe: the program behind it/)
  })

  it('include directories that are too large to be searched, with a way out', () => {
    const {dir, decide} = openRig()
    for (const name of ['a', 'b', 'c']) writeFileSync(path.join(dir, 'data', name), '')
    expect(granted(decide('./data'))).not.toBe('')
    const policy = new PathPolicy({programHome: '/no', sockets: [], pluginDirs: [], configFiles: []}, {maxEntries: 2})
    expect(policy.decide('./data', 'read', dir)).toMatchObject({
      refusal: {
        kind: 'refused',
        message: `'./data' (${dir}/data) holds more than 2 files and directories, or too many levels of them, to search for sockets`,
        hint: 'grant the directories below it that the task needs',
      },
    })
  })

  it('are not looked for in directories where nothing is enforced', () => {
    const {dir} = openRig()
    execFileSync('mkfifo', [path.join(dir, 'data/pipe')])
    const policy = new PathPolicy({programHome: '/no', sockets: [], pluginDirs: [], configFiles: []}, {looksInside: false})
    expect(granted(policy.decide('./data', 'read', dir))).not.toBe('')
  })

  it('include the session of the user', () => {
    const runtimeDir = temporaryDir()
    mkdirSync(path.join(runtimeDir, 'bus'))
    const {decide} = openRig({runtimeDir})
    for (const text of [runtimeDir, `${runtimeDir}/bus`]) expect(message(decide(text))).toMatch(/holds the sockets of your session/)
  })

  it('include the gateways of other tasks', () => {
    expect(message(openRig().decide('/tmp/autokestra-egress-abc123/gateway'))).toMatch(/^refused: .*the network of another task/)
  })
})

describe('paths that cannot be used', () => {
  it.each([
    ['./none', "missing: './none' (DIR/none) does not exist"],
    ['./data/*.csv', "missing: './data/*.csv' (DIR/data/*.csv) does not exist"],
    ['$HOME/x', "missing: '$HOME/x' (DIR/$HOME/x) does not exist"],
    ['~root/x', "unusable: '~root/x': only your own home directory has a short form, ~"],
    ['C:\\data', "unusable: 'C:\\data' is a Windows path, which containers do not have"],
    ['a\0b', 'unusable: "a\\u0000b" contains a NUL byte, which paths cannot'],
  ])('%j', (text, expected) => {
    const {dir, decide} = openRig()
    expect(message(decide(text)).replaceAll(dir, 'DIR')).toBe(expected)
  })

  it('include a loop of links, and say what to type for a directory that is missing', () => {
    const {dir, decide} = openRig()
    symlinkSync('loop', path.join(dir, 'loop'))
    expect(message(decide('./loop'))).toMatch(/unusable: .*\(ELOOP\)/)
    expect(decide('./new', 'write')).toMatchObject({refusal: {hint: `create it first: mkdir -p ${dir}/new`}})
    expect(decide('./data/*')).toMatchObject({refusal: {hint: 'patterns are not expanded: name the directory'}})
  })

  it('include ~ where the home directory is not known', () => {
    expect(message(openRig({userHome: undefined}).decide('~/x'))).toBe("unusable: '~/x': your home directory is not known")
  })
})
