// Builds everything a working `workflow` needs: dist/cli.cjs, dist/sdk, dist/plugins and oclif.manifest.json. `npm ci` calls it too.

import {createHash} from 'node:crypto'
import {cp, mkdir, rm, writeFile} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {build} from 'esbuild'
import {buildPlugins} from './build-plugins.mjs'
import {buildSdk} from './build-sdk.mjs'
import {bundledCheck} from './bundled-check.mjs'
import {latePackages} from './late-packages.mjs'
import {writeManifest} from './manifest.mjs'
import {nativePackages} from './native-packages.mjs'
import {plainOrder} from './plain-order.mjs'

export const root = resolve(fileURLToPath(import.meta.url), '..', '..')
export const bundleFile = join(root, 'dist', 'cli.cjs')

const banner = [
  'const bundleUrl=require("node:url").pathToFileURL(__filename).href;',
  'const bundleImport=module.importFromBundle??((url)=>import(url));',
].join('')

/** Bundles src/cli.ts with all it imports into one CommonJS file: that starts twice as fast as the same modules one by one. */
export async function buildBundle(outfile = bundleFile) {
  await mkdir(dirname(outfile), {recursive: true})
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli.ts'],
    outfile,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    conditions: ['source'],
    loader: {'.sql': 'text'},
    // The same code as for Node, but without a look at the environment for each token, and in modules of which only what is used is bundled.
    alias: {yaml: join(root, 'node_modules', 'yaml', 'browser', 'dist', 'index.js')},
    plugins: [nativePackages(root), latePackages, plainOrder, bundledCheck(root, generateWorkflowCheck)],
    // oclif asks for the TypeScript compiler of a plugin under development; that one is not ours to bring.
    external: ['typescript'],
    // Names stay, for stack traces; white space is read at every start and goes.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: {
      'import.meta.url': 'bundleUrl',
      // bin/run.js looks at the version of Node itself; oclif would load semver for it.
      'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
    },
  })
  const text = wrap(banner + toAscii(importThroughLoader(result.outputFiles[0].text)))
  const stamp = createHash('sha256').update(text).digest('hex').slice(0, 60)
  await rm(join(dirname(outfile), 'code-cache'), {recursive: true, force: true})
  await writeFile(outfile, `/*${stamp}*/${text}`)
  return result.metafile
}

/** What Node.js would put around it for each start, which copies it; bin/load-bundle.js takes it as it is. */
function wrap(text) {
  return `(function (exports, require, module, __filename, __dirname) {${text}\n})`
}

/**
 * What still says import() names something outside of the bundle: oclif imports extensions that are ES modules. A script that V8 loads with kept code
 * may not do so, as Node 20 finds no loader for it; it calls the function that bin/load-bundle.js hands in.
 */
function importThroughLoader(text) {
  // What goes on with a block is the definition of a method of that name.
  return text.replace(/(?<![.\w$])import\((?!\)|[^()]*\)\{)/g, 'bundleImport(')
}

/** bin/load-bundle.js reads Latin-1, the same only for ASCII. esbuild escapes everything but what stands in regular expressions. */
function toAscii(text) {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function generateWorkflowCheck() {
  const {workflowCheckCode} = await importTypeScript('scripts/workflow-check-code.ts')
  return await workflowCheckCode()
}

/** Runs a build step written in TypeScript with the program's own code. Bundled first: Node 20 runs no TypeScript. */
async function importTypeScript(file) {
  const outfile = join(root, 'node_modules', '.cache', 'build', `${basename(file, '.ts')}-${process.pid}.mjs`)
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    conditions: ['source'],
    packages: 'external',
    logLevel: 'warning',
  })
  try {
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(outfile)
  }
}

async function buildAll() {
  const dist = join(root, 'dist')
  const pluginDir = join(dist, 'plugins')
  // What was renamed or removed must not be shipped.
  await Promise.all(['plugins', 'schemas', 'sdk'].map((name) => rm(join(dist, name), {recursive: true, force: true})))
  await Promise.all([
    buildBundle().then(() => writeManifest(root)),
    buildSdk(),
    // In a clone, `plugins` is the plugin directory of a workflow that stands beside it: without their code they would hide the built ones.
    buildPlugins(),
    buildPlugins(pluginDir)
      .then(() => importTypeScript('scripts/generate-schemas.ts'))
      .then(({generateSchemas}) => generateSchemas(pluginDir, join(dist, 'schemas'))),
  ])
  // The same files for plugins that run with an installed `workflow`.
  await cp(join(root, 'sdk', 'dist'), join(dist, 'sdk'), {recursive: true})
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll()
