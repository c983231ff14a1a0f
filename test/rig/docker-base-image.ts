// Makes the image that containers of the tests are made of, from the programs of this machine: no registry is asked.
// It is kept in the engine under a label that names its contents, so that only the first run makes it.

import {createHash} from 'node:crypto'
import {execFileSync, spawn} from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {request} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {text} from 'node:stream/consumers'

export const baseImage = 'autokestra-test-base'
const label = 'dev.autokestra.test-base'
/** To be counted up when this file makes another image of the same programs. */
const recipe = 3

// dash as the shell: bash would need more libraries.
const tools = [
  ...[
    'cat',
    'chmod',
    'cp',
    'cut',
    'date',
    'dd',
    'df',
    'dirname',
    'echo',
    'env',
    'false',
    'grep',
    'head',
    'id',
    'kill',
    'ln',
    'ls',
    'mkdir',
    'mv',
  ],
  ...[
    'nproc',
    'printf',
    'pwd',
    'readlink',
    'rm',
    'sed',
    'seq',
    'setsid',
    'sleep',
    'sort',
    'stat',
    'tail',
    'test',
    'touch',
    'tr',
    'true',
    'uname',
  ],
  ...['wc', 'yes', 'dash'],
]

interface Python {
  readonly executable: string
  readonly modulesDir: string
}

/** Resolves with the id of the image. @param socketPath of the engine */
export async function makeBaseImage(socketPath: string): Promise<string> {
  const programs = [realpathSync(process.execPath), ...tools.map(findTool).filter((file) => file !== undefined)]
  const python = findPython()
  const copied = python === undefined ? programs : [...programs, python.executable]
  const parts = [String(recipe), python?.modulesDir ?? '', ...copied.map(describeFile)]
  const contents = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
  const found = await findImage(socketPath, contents)
  if (found !== undefined) return found
  const dir = mkdtempSync(path.join(tmpdir(), 'autokestra-base-'))
  try {
    fill(dir, programs, python)
    await importImage(socketPath, dir, contents)
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
  const made = await findImage(socketPath, contents)
  if (made === undefined) throw new Error('the engine does not have the base image it has just taken')
  return made
}

function fill(root: string, programs: readonly string[], python: Python | undefined): void {
  // Separate directories in / and /usr, as in no Debian of today, but loaders and scripts look in both.
  for (const dir of [
    'bin',
    'etc',
    'lib',
    'lib64',
    'usr/bin',
    'usr/local/bin',
    'tmp',
    'root',
    'home/node',
    'var/tmp',
    'proc',
    'sys',
    'dev',
  ]) {
    mkdirSync(path.join(root, dir), {recursive: true})
  }
  chmodSync(path.join(root, 'tmp'), 0o1777)
  const [node = '', ...others] = programs
  install(node, path.join(root, 'usr/local/bin/node'))
  for (const file of others) install(file, path.join(root, 'bin', path.basename(file)))
  symlinkSync('dash', path.join(root, 'bin/sh'))
  symlinkSync('/bin/env', path.join(root, 'usr/bin/env'))
  const extensions = python === undefined ? [] : installPython(root, python)
  for (const library of new Set([...programs, ...extensions, ...(python === undefined ? [] : [python.executable])].flatMap(librariesOf))) {
    const target = path.join(root, library)
    if (existsSync(target)) continue
    mkdirSync(path.dirname(target), {recursive: true})
    install(realpathSync(library), target)
  }
  writeFileSync(
    path.join(root, 'etc/passwd'),
    ['root:x:0:0:root:/root:/bin/sh', 'node:x:1000:1000::/home/node:/bin/sh', 'nobody:x:65534:65534:nobody:/nonexistent:/bin/sh', ''].join(
      '\n',
    ),
  )
  writeFileSync(path.join(root, 'etc/group'), ['root:x:0:', 'node:x:1000:', 'nogroup:x:65534:', ''].join('\n'))
  writeFileSync(path.join(root, 'etc/nsswitch.conf'), 'passwd: files\nhosts: files dns\n')
}

function install(source: string, target: string): void {
  copyFileSync(source, target)
  chmodSync(target, statSync(source).mode & 0o777)
}

/** Python where it stands on this machine: it finds its modules by its own path. Answers with its extension modules, which need libraries too. */
function installPython(root: string, {executable, modulesDir}: Python): string[] {
  const target = path.join(root, executable)
  mkdirSync(path.dirname(target), {recursive: true})
  install(executable, target)
  const left = new Set([
    '__pycache__',
    'test',
    'tests',
    'site-packages',
    'dist-packages',
    'idlelib',
    'tkinter',
    'ensurepip',
    'turtledemo',
    'lib2to3',
  ])
  cpSync(modulesDir, path.join(root, modulesDir), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !left.has(path.basename(file)) && !path.basename(file).startsWith('config-'),
  })
  for (const dir of ['usr/local/bin', 'usr/bin']) {
    const link = path.join(root, dir, 'python3')
    if (link !== target && !existsSync(link)) symlinkSync(executable, link)
  }
  const extensions = path.join(modulesDir, 'lib-dynload')
  return readdirSync(extensions).map((name) => path.join(extensions, name))
}

function findTool(name: string): string | undefined {
  return ['/usr/bin', '/bin'].map((dir) => path.join(dir, name)).find((file) => existsSync(file))
}

function findPython(): Python | undefined {
  const script = 'import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_paths()["stdlib"])'
  try {
    const [executable, modulesDir] = execFileSync('python3', ['-I', '-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split('\n')
    return executable === undefined || modulesDir === undefined ? undefined : {executable, modulesDir}
  } catch {
    // Then there is none in the image either.
    return undefined
  }
}

/** Paths of the libraries that a program is linked with. */
export function librariesOf(program: string): string[] {
  const listing = execFileSync('ldd', [program], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})
  return [...listing.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, file]) => (file === undefined ? [] : [file]))
}

function describeFile(file: string): string {
  const {size, mtimeMs} = statSync(file)
  return `${file} ${size} ${mtimeMs}`
}

async function findImage(socketPath: string, contents: string): Promise<string | undefined> {
  const filters = encodeURIComponent(JSON.stringify({label: [`${label}=${contents}`]}))
  const images = JSON.parse(await ask(socketPath, 'GET', `/images/json?filters=${filters}`)) as {
    readonly Id: string
    readonly RepoTags: string[] | null
  }[]
  // One that has lost its name to a newer one is not what `FROM` would find.
  return images.find(({RepoTags}) => RepoTags?.includes(`${baseImage}:latest`))?.Id
}

async function importImage(socketPath: string, dir: string, contents: string): Promise<void> {
  const query = new URLSearchParams({fromSrc: '-', repo: baseImage, tag: 'latest'})
  query.append('changes', `LABEL ${label}=${contents}`)
  query.append('changes', 'ENV PATH=/usr/local/bin:/usr/bin:/bin')
  const tar = spawn('tar', ['--create', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-C', dir, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const answer = await ask(socketPath, 'POST', `/images/create?${query.toString()}`, tar.stdout)
  if (answer.includes('"error"')) throw new Error(`the engine did not take the base image: ${answer}`)
}

/** One request; resolves with the body. */
async function ask(socketPath: string, method: string, target: string, body?: NodeJS.ReadableStream): Promise<string> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      {socketPath, method, path: target, headers: body === undefined ? {} : {'content-type': 'application/x-tar'}},
      (answer) => {
        text(answer).then((content) => {
          if ((answer.statusCode ?? 500) < 400) resolve(content)
          else reject(new Error(`${method} ${target}: ${answer.statusCode} ${content}`))
        }, reject)
      },
    )
    sent.on('error', reject)
    if (body === undefined) sent.end()
    else body.pipe(sent)
  })
}
