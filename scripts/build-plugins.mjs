// Bundles the code of each plugins/<name> to dist/index.js: one file that needs nothing beside it, the SDK inside.

import {existsSync, readdirSync} from 'node:fs'
import {cp} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'plugins')

/** What plugins share with the program: the one implementation of expressions, and of what JSON numbers can keep. */
export const expressionAlias = {
  'autokestra:expression': join(root, 'src', 'lib', 'templates', 'expression.ts'),
  'autokestra:inexact-number': join(root, 'src', 'lib', 'util', 'inexact-number.ts'),
}

/**
 * Gives the names of the plugins. Plugins without code of their own (core/shell) have nothing to bundle.
 * @param {string} [outDir] where plugins are put that are complete: <outDir>/<name>/{plugin.yaml,README.md,*.py,dist/index.js}. By default the sources'
 *   own directories get their dist/index.js.
 * @param {readonly string[]} [only] names of plugins; all by default
 * @returns {Promise<string[]>}
 */
export async function buildPlugins(outDir = source, only) {
  const names = only ?? readdirSync(source).filter((name) => existsSync(join(source, name, 'plugin.yaml')))
  await Promise.all(
    names.map(async (name) => {
      const [from, to] = [join(source, name), join(outDir, name)]
      const shipped = readdirSync(from).filter((file) => /\.(yaml|md|py)$/.test(file))
      if (from !== to) await Promise.all(shipped.map((file) => cp(join(from, file), join(to, file))))
      const entry = join(from, 'src', 'index.ts')
      if (existsSync(entry)) await bundle(entry, join(to, 'dist', 'index.js'))
    }),
  )
  return [...names]
}

/**
 * @param {string} entry
 * @param {string} outfile
 */
async function bundle(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    conditions: ['source'],
    alias: expressionAlias,
    // As for the program: names stay, for stack traces; white space is read at every start and goes.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    logLevel: 'warning',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlugins()
