import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {managerOf, manifestText, settled, writeFiles, writePlugin} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Lists `<home>/plugins`; the cache stays in `<home>/cache`. */
async function list(home: string, ...more: string[]) {
  return await managerOf([path.join(home, 'plugins'), ...more], path.join(home, 'cache')).list()
}

describe('where plugins are found', () => {
  it('are the directories of a path, one namespace level deeper, and the path itself', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/other-name'), 'acme/one')
    writePlugin(path.join(home, 'plugins/acme/two'), 'acme/two')
    writePlugin(path.join(home, 'plugins/acme/deeper/three'), 'acme/three')
    writePlugin(path.join(home, 'plugins/.hidden'), 'acme/four')
    writePlugin(path.join(home, 'plugins/node_modules/five'), 'acme/five')
    const single = writePlugin(path.join(home, 'single'), 'acme/six')
    const entries = await list(home, single)
    expect(entries.map(({id, dir, state}) => [id, path.relative(home, dir), state])).toEqual([
      ['acme/two', 'plugins/acme/two', 'ok'],
      ['acme/one', 'plugins/other-name', 'ok'],
      ['acme/six', 'single', 'ok'],
    ])
  })

  it('may not exist', async () => {
    expect(await list(temporaryDir())).toEqual([])
  })

  it('may be links, which count by where they lead and only once', async () => {
    const home = temporaryDir()
    const real = writePlugin(path.join(home, 'elsewhere/tool'), 'acme/tool')
    mkdirSync(path.join(home, 'plugins'))
    symlinkSync(real, path.join(home, 'plugins/a'))
    symlinkSync(real, path.join(home, 'plugins/b'))
    expect(await list(home)).toMatchObject([{id: 'acme/tool', dir: real, state: 'ok'}])
  })

  it('may hold links in circles', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/good'), 'acme/good')
    symlinkSync('loop', path.join(home, 'plugins/loop'))
    symlinkSync('.', path.join(home, 'plugins/self'))
    const manager = managerOf([path.join(home, 'plugins')], path.join(home, 'cache'))
    expect((await manager.list()).map(({id}) => id)).toEqual(['acme/good'])
    expect(await manager.listDiagnostics()).toMatchObject([{severity: 'warning', code: 'directory-unreadable'}])
  })
})

describe('a broken plugin', () => {
  it.each([
    [
      'a FIFO as manifest',
      (dir: string) => execFileSync('mkfifo', [path.join(dir, 'plugin.yaml')]),
      'plugin.yaml cannot be used: it is not a regular file',
    ],
    [
      'a directory as manifest',
      (dir: string) => {
        mkdirSync(path.join(dir, 'plugin.yaml'))
      },
      'plugin.yaml cannot be used: it is a directory',
    ],
    [
      'a link to a device as manifest',
      (dir: string) => {
        symlinkSync('/dev/zero', path.join(dir, 'plugin.yaml'))
      },
      'plugin.yaml cannot be used: it is a link',
    ],
    [
      'a link to a file as manifest',
      (dir: string) => {
        symlinkSync('/etc/passwd', path.join(dir, 'plugin.yaml'))
      },
      'plugin.yaml cannot be used: it is a link',
    ],
    [
      'a manifest of 50 MB',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), '')
        truncateSync(path.join(dir, 'plugin.yaml'), 50_000_000)
      },
      'plugin.yaml cannot be used: it is larger than 1 MiB',
    ],
    [
      'an empty manifest',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), '')
      },
      /is empty$/,
    ],
    [
      'a manifest that is no text',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), Buffer.from([0xff, 0xfe, 0x41]))
      },
      /is not UTF-8 text/,
    ],
    [
      'a manifest that is no YAML',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), 'a: [1\n')
      },
      /./,
    ],
    [
      'a YAML tag of JavaScript',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), 'name: !!js/function "function(){}"\n')
      },
      /./,
    ],
    [
      'an alias bomb',
      (dir: string) => {
        writeFileSync(
          path.join(dir, 'plugin.yaml'),
          [
            'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
            ...Array.from(
              {length: 9},
              (_, i) =>
                `a${String(i + 1)}: &a${String(i + 1)} [${Array(10)
                  .fill(`*a${String(i)}`)
                  .join(',')}]`,
            ),
          ].join('\n'),
        )
      },
      /alias/,
    ],
    [
      'no entry point',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), manifestText('acme/bad', '1.0.0', 'main: dist/index.js'))
      },
      'the entry point does not exist: dist/index.js',
    ],
    [
      'a directory as entry point',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), manifestText('acme/bad'))
        mkdirSync(path.join(dir, 'index.js'))
      },
      'the entry point is not a file: index.js',
    ],
    [
      'an entry point that links out of the directory',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), manifestText('acme/bad'))
        symlinkSync('/etc/hostname', path.join(dir, 'index.js'))
      },
      /^the entry point points outside the plugin's directory: index.js is /,
    ],
    [
      'a linked directory on the way to the entry point',
      (dir: string) => {
        writeFileSync(path.join(dir, 'plugin.yaml'), manifestText('acme/bad', '1.0.0', 'command: [./x/env]'))
        symlinkSync('/usr/bin', path.join(dir, 'x'))
      },
      /^the entry point points outside the plugin's directory: .\/x\/env is /,
    ],
    [
      'a program that may not be executed',
      (dir: string) => writeFiles(dir, {'plugin.yaml': manifestText('acme/bad', '1.0.0', 'command: [./run.sh]'), 'run.sh': ''}),
      'the program is not executable: ./run.sh',
    ],
  ] as const)('with %s is a diagnostic and breaks no other', async (_, make, message) => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/good'), 'acme/good')
    const dir = path.join(home, 'plugins/bad')
    mkdirSync(dir)
    make(dir)
    const [bad, good] = await list(home)
    expect(good).toMatchObject({id: 'acme/good', state: 'ok', diagnostics: []})
    expect(bad).toMatchObject({state: 'broken', dir})
    expect(bad?.diagnostics[0]).toMatchObject({severity: 'error', file: path.join(dir, 'plugin.yaml')})
    if (typeof message === 'string') expect(bad?.diagnostics[0]?.message).toBe(message)
    else expect(bad?.diagnostics[0]?.message).toMatch(message)
  })

  it('is shown where its manifest names the missing file, also when the manifest comes from the cache', async () => {
    const home = temporaryDir()
    const dir = writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    await settled(path.join(dir, 'plugin.yaml'))
    expect(await list(home)).toMatchObject([{state: 'ok'}])
    rmSync(path.join(dir, 'index.js'))
    expect(await list(home)).toMatchObject([
      {state: 'broken', id: 'acme/tool', diagnostics: [{code: 'entry-point-missing', line: 4, column: 7, sourceLine: 'main: index.js'}]},
    ])
  })

  it('may be in a directory nobody can enter', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/good'), 'acme/good')
    const locked = path.join(home, 'plugins/locked')
    mkdirSync(locked, {mode: 0o000})
    try {
      expect((await list(home)).map(({id}) => id)).toEqual(['acme/good'])
    } finally {
      chmodSync(locked, 0o700)
    }
  })
})

describe('plugins of one id', () => {
  it('are used from the first path; later ones are shadowed', async () => {
    const home = temporaryDir()
    const first = writePlugin(path.join(home, 'plugins/x'), 'acme/tool', '1.0.0')
    const second = writePlugin(path.join(home, 'user/tool'), 'acme/tool', '2.0.0')
    expect(await list(home, path.join(home, 'user'))).toMatchObject([
      {id: 'acme/tool', dir: first, state: 'ok', origin: 'project', plugin: {manifest: {version: '1.0.0'}}},
      {id: 'acme/tool', dir: second, state: 'shadowed', shadowedBy: first, origin: 'user'},
    ])
  })

  it('in one path are both broken, and each error names both', async () => {
    const home = temporaryDir()
    const a = writePlugin(path.join(home, 'plugins/a'), 'acme/tool', '1.0.0')
    const b = writePlugin(path.join(home, 'plugins/b'), 'acme/tool', '2.0.0')
    const message = `two plugins in the same plugin path are called "acme/tool": ${a} (version 1.0.0) and ${b} (version 2.0.0)`
    expect(await list(home)).toMatchObject([
      {dir: a, state: 'broken', diagnostics: [{code: 'duplicate-plugin', message}]},
      {dir: b, state: 'broken', diagnostics: [{code: 'duplicate-plugin', message}]},
    ])
  })

  it('reached by two paths in one directory do not shadow each other', async () => {
    const home = temporaryDir()
    const dir = writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    expect(await list(home, dir)).toMatchObject([{state: 'ok'}])
  })
})

describe('the cache of manifests', () => {
  const cacheFile = (home: string) => path.join(home, 'cache/plugin-manifests.json')

  async function homeWithCache(): Promise<string> {
    const home = temporaryDir()
    const dir = writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    await settled(path.join(dir, 'plugin.yaml'))
    await list(home)
    expect(readFileSync(cacheFile(home), 'utf8')).toContain('"acme/tool"')
    return home
  }

  /** With the words of the manifest changed in the cache alone, reading from the cache shows. */
  function tamper(home: string, change: (text: string) => string): void {
    writeFileSync(cacheFile(home), change(readFileSync(cacheFile(home), 'utf8')))
  }

  it('spares reading the manifest again', async () => {
    const home = await homeWithCache()
    const manifestFile = path.join(home, 'plugins/tool/plugin.yaml')
    const before = readFileSync(cacheFile(home), 'utf8')
    expect(await list(home)).toMatchObject([{id: 'acme/tool', state: 'ok'}])
    expect(readFileSync(cacheFile(home), 'utf8')).toBe(before)
    writeFileSync(manifestFile, manifestText('acme/tool', '1.0.1'))
    expect(await list(home)).toMatchObject([{plugin: {manifest: {version: '1.0.1'}}}])
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['changed in one letter', (text: string) => text.replace('acme/tool', 'acme/fool')],
    ['of another version', (text: string) => text.replace('0.0.0-test', '9.9.9')],
    ['no JSON', () => 'x'],
    ['empty', () => ''],
  ])('is ignored and made again when it is %s', async (_, change) => {
    const home = await homeWithCache()
    const good = readFileSync(cacheFile(home), 'utf8')
    tamper(home, change)
    expect(await list(home)).toMatchObject([{id: 'acme/tool', state: 'ok'}])
    expect(readFileSync(cacheFile(home), 'utf8')).toBe(good)
  })

  it('forgets plugins that are gone', async () => {
    const home = await homeWithCache()
    rmSync(path.join(home, 'plugins/tool'), {recursive: true})
    expect(await list(home)).toEqual([])
    expect(readFileSync(cacheFile(home), 'utf8')).not.toContain('acme/tool')
  })

  it('is done without when its directory cannot be written', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    writeFileSync(path.join(home, 'cache'), 'a file, not a directory')
    await settled(path.join(home, 'plugins/tool/plugin.yaml'))
    expect(await list(home)).toMatchObject([{id: 'acme/tool', state: 'ok'}])
  })

  it('lists 200 plugins', async () => {
    const home = temporaryDir()
    for (let index = 0; index < 200; index++)
      writePlugin(path.join(home, `plugins/p${String(index).padStart(3, '0')}`), `acme/p${String(index)}`)
    await settled(path.join(home, 'plugins/p199/plugin.yaml'))
    const cold = await list(home)
    const warm = await list(home)
    expect(cold).toHaveLength(200)
    expect(cold.every(({state}) => state === 'ok')).toBe(true)
    expect(warm).toEqual(cold)
  })
})
