// Builds the SDK package: what plugins import, and the host program. Call with no arguments to build sdk/dist.

import {execFile} from 'node:child_process'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {build} from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'sdk', 'src')

/**
 * Bundles the SDK into `outDir`: index, testing and protocol as ES modules and, for plugins that use require(), as CommonJS; host.js with its loader.
 * Type declarations are written unless `types` is false.
 * @param {string} [outDir] sdk/dist by default
 * @param {{types?: boolean}} [options]
 */
export async function buildSdk(outDir = join(root, 'sdk', 'dist'), {types = true} = {}) {
  const common = {bundle: true, platform: 'node', target: 'node20.19', outdir: outDir, logLevel: 'warning', legalComments: 'none'}
  const entries = {index: join(source, 'index.ts'), testing: join(source, 'testing.ts'), protocol: join(source, 'protocol.ts')}
  await Promise.all([
    build({...common, format: 'esm', entryPoints: entries}),
    build({...common, format: 'cjs', entryPoints: entries, outExtension: {'.js': '.cjs'}}),
    // The host's own text is parsed at every start, so it is made short; names stay for stack traces.
    build({
      ...common,
      format: 'esm',
      minifyWhitespace: true,
      minifySyntax: true,
      entryPoints: {host: join(source, 'host.ts'), relay: join(source, 'relay.ts'), 'sdk-loader': join(source, 'host', 'sdk-loader.ts')},
    }),
    types ? emitTypes(outDir) : undefined,
    writePackage(outDir),
  ])
}

/** The directory is a package of its own: `plugin init` links it where editors and tests of plugins look for the SDK. @param {string} outDir */
async function writePackage(outDir) {
  const {name, version, license} = JSON.parse(await readFile(join(root, 'sdk', 'package.json'), 'utf8'))
  const entry = (/** @type {string} */ of) => ({types: `./${of}.d.ts`, require: `./${of}.cjs`, default: `./${of}.js`})
  const exports = {'.': entry('index'), './testing': entry('testing'), './protocol': entry('protocol')}
  await mkdir(outDir, {recursive: true})
  await writeFile(join(outDir, 'package.json'), `${JSON.stringify({name, version, license, type: 'module', exports}, undefined, 2)}\n`)
}

/** @param {string} outDir */
async function emitTypes(outDir) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', join(root, 'sdk'), '--outDir', outDir])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSdk()
