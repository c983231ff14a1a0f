// The package as users get it: packed, and installed into an empty prefix with a Node.js of choice.

import {execFile} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {packageRoot} from './workflow-command.ts'

const run = promisify(execFile)

export interface PackedPackage {
  /** Absolute path of the .tgz. */
  readonly file: string
  /** Bytes of the .tgz. */
  readonly size: number
  /** Bytes when unpacked. */
  readonly unpackedSize: number
  /** Paths within the package, sorted. */
  readonly files: readonly string[]
}

/** Packs a package directory as it was built last. */
export async function pack(directory: string, outDir: string): Promise<PackedPackage> {
  // Without scripts: `prepare` would build again, under the feet of the tests that run beside this one.
  const {stdout} = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', outDir], {cwd: directory})
  const parsed: unknown = JSON.parse(stdout)
  const [packed] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as [
    {filename: string; size: number; unpackedSize: number; files: {path: string}[]},
  ]
  return {
    file: path.join(outDir, packed.filename),
    size: packed.size,
    unpackedSize: packed.unpackedSize,
    files: packed.files.map((entry) => entry.path).sort(),
  }
}

/**
 * Installs a .tgz globally into `prefix`. `nodeDir` holds the `node` to use, for npm and for the programs it starts; default: the one of the tests.
 * The native part of better-sqlite3 is the one that `npm ci` compiled or downloaded, offered as the download that most users get: compiling
 * it once more takes longer than all tests of the package.
 */
export async function installGlobally(file: string, prefix: string, nodeDir = path.dirname(process.execPath)): Promise<void> {
  mkdirSync(prefix, {recursive: true})
  const env = {
    ...process.env,
    PATH: `${nodeDir}:${process.env['PATH'] ?? ''}`,
    NODE_ENV: undefined,
    npm_config_better_sqlite3_local_prebuilds: await packNative(path.dirname(prefix)),
  }
  await run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', file], {
    cwd: prefix,
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** Packs the native part for the Node.js of the tests, under the name prebuild-install looks for; returns the directory. */
async function packNative(outDir: string): Promise<string> {
  const dependency = path.join(packageRoot, 'node_modules', 'better-sqlite3')
  const {version} = JSON.parse(readFileSync(path.join(dependency, 'package.json'), 'utf8')) as {version: string}
  const {platform, arch, versions} = process
  const name = `better-sqlite3-v${version}-node-v${versions.modules}-${platform}-${arch}.tar.gz`
  await run('tar', ['-czf', path.join(outDir, name), '-C', dependency, 'build/Release/better_sqlite3.node'])
  return outDir
}

/** Puts a Node.js of the given major version below `directory`, from npm; resolves with the directory that holds `node`. */
export async function installNode(major: number, directory: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`
  mkdirSync(directory, {recursive: true})
  await run('npm', ['install', '--prefix', directory, '--no-save', '--no-audit', '--no-fund', `${name}@${String(major)}`], {cwd: directory})
  return path.join(directory, 'node_modules', name, 'bin')
}

/** The version of a package below an installed `autokestra`. */
export function installedVersion(prefix: string, dependency: string): string {
  const file = path.join(prefix, 'lib', 'node_modules', 'autokestra', 'node_modules', dependency, 'package.json')
  const {version} = JSON.parse(readFileSync(file, 'utf8')) as {version: string}
  return version
}

/** All versions this project says it runs on, besides the one that runs the tests. */
export const otherNodeVersions: readonly number[] = [20, 22, 24].filter((major) => major !== Number(process.versions.node.split('.')[0]))

export const exampleExtension = path.join(packageRoot, 'examples', 'extension')
