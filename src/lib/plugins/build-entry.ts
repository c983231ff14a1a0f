// TypeScript entry point -> one ES module, by esbuild. The plugin's own files go in; packages stay where they are.

import {existsSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import type {BuildFailure, Loader, Location, Message, OutputFile, Plugin as BundlerPlugin} from 'esbuild'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {NotPlainFileError, readPlainFile, requirePlainFile} from '../files/read-plain-file.ts'
import {maxSourceBytes, requirePlainPackage, requirePlainParents, requirePlainSettings} from './compiler-inputs.ts'

export const sdkPackage = '@autokestra/plugin-sdk'

export interface EntryBuildOptions {
  /** Absolute real path of the entry point. */
  readonly main: string
  /** The plugin's directory, where its packages are installed. */
  readonly dir: string
  /** Where the SDK's modules stand, by import name (`@autokestra/plugin-sdk`, …/testing). Names that are not listed are left for the host to resolve. */
  readonly sdkModules: Readonly<Record<string, string>>
  /**
   * The directory the bundle will see in place of `dir`. Its packages are then imported by name, from beside the bundle, and those that stand
   * outside of `dir` go into it.
   */
  readonly placedAt?: string
}

export type EntryBuild =
  | {readonly ok: true; readonly code: Uint8Array; /** Absolute paths of all files it depends on. */ readonly inputs: readonly string[]}
  | {readonly ok: false; readonly diagnostics: readonly Diagnostic[]}

type Position = Pick<Diagnostic, 'file' | 'line' | 'column' | 'length' | 'sourceLine'>

/** Stands for `import.meta.url` in the bundle: each file keeps the URL of its source, so assets beside it are found. */
const metaUrlName = '__sourceUrl'

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}

/** Bundles the entry point. Syntax errors and imports that cannot be resolved are diagnostics; types are not checked. */
export async function buildEntry(options: EntryBuildOptions): Promise<EntryBuild> {
  const {build} = await import('esbuild')
  const directory = path.dirname(options.main)
  const packageFiles = new Set<string>()
  const {dir, placedAt = dir} = options
  const urlOf = (file: string): string => pathToFileURL(path.join(placedAt, path.relative(dir, file))).href
  try {
    requirePlainSettings(dir)
    const result = await build({
      entryPoints: [options.main],
      absWorkingDir: directory,
      outfile: path.join(directory, 'bundle.mjs'),
      write: false,
      bundle: true,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      // What Node itself looks at when it resolves an import.
      mainFields: ['main'],
      conditions: [],
      define: {'import.meta.url': metaUrlName},
      keepNames: true,
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${urlOf(directory)}/`,
      logLevel: 'silent',
      plugins: [keepPackagesOutside(options, packageFiles), keepSourceUrls(urlOf, dir)],
    })
    const output: OutputFile | undefined = result.outputFiles[0]
    if (!output) throw new Error('esbuild gave no output')
    // Not files: `(disabled):name` and `<data:...>`.
    const inputs = Object.keys(result.metafile.inputs).filter((name) => !/^(\(disabled\):|<)/.test(name))
    return {ok: true, code: output.contents, inputs: [...inputs.map((name) => path.resolve(directory, name)), ...packageFiles].sort()}
  } catch (error) {
    if (error instanceof NotPlainFileError) return {ok: false, diagnostics: [unusableFile(error)]}
    if (!isBuildFailure(error)) throw error
    return {ok: false, diagnostics: error.errors.map((message) => toDiagnostic(message, directory, options.dir))}
  }
}

/**
 * Bundled code is loaded from the cache, where a bare name finds no package: packages of the plugin are named by their file's URL.
 * Adds the package.json that decided each of these URLs to `packageFiles`.
 */
function keepPackagesOutside({sdkModules, dir, placedAt}: EntryBuildOptions, packageFiles: Set<string>): BundlerPlugin {
  const insideLookup = Symbol('inside lookup')
  return {
    name: 'keep-packages-outside',
    setup(bundler) {
      bundler.onResolve({filter: /^[^./]/}, async (args) => {
        if (args.pluginData === insideLookup || args.kind === 'entry-point' || path.isAbsolute(args.path)) return undefined
        if (isBuiltin(args.path)) return {path: args.path, external: true}
        requirePlainPackage(args.path, args.resolveDir)
        if (args.path === sdkPackage || args.path.startsWith(`${sdkPackage}/`)) {
          const file = sdkModules[args.path]
          return {path: file === undefined ? args.path : pathToFileURL(file).href, external: true}
        }
        const found = await bundler.resolve(args.path, {
          kind: args.kind,
          importer: args.importer,
          resolveDir: args.resolveDir,
          namespace: args.namespace,
          with: args.with,
          pluginData: insideLookup,
        })
        const isPackage = found.path.includes(`${path.sep}node_modules${path.sep}`)
        // Left to esbuild, which names the position, and allows it inside of try.
        if (found.errors.length > 0) return undefined
        // A require() cannot take a URL; such a package is bundled.
        if (!isPackage || args.kind === 'require-call' || args.kind === 'require-resolve') return found
        if (placedAt !== undefined) {
          const isInside = found.path.startsWith(path.join(dir, 'node_modules') + path.sep)
          return isInside ? {path: args.path, external: true} : found
        }
        const packageFile = packageFileOf(found.path)
        if (packageFile !== undefined) packageFiles.add(packageFile)
        return {path: pathToFileURL(found.path).href, external: true}
      })
    },
  }
}

function packageFileOf(file: string): string | undefined {
  for (
    let directory = path.dirname(file);
    path.basename(directory) !== 'node_modules' && path.dirname(directory) !== directory;
    directory = path.dirname(directory)
  ) {
    const packageFile = path.join(directory, 'package.json')
    if (existsSync(packageFile)) return packageFile
  }
  return undefined
}

function keepSourceUrls(urlOf: (file: string) => string, dir: string): BundlerPlugin {
  return {
    name: 'keep-source-urls',
    setup(bundler) {
      bundler.onResolve({filter: /^\.{0,2}\//}, (args) => {
        const place = path.resolve(args.resolveDir, args.path)
        if (path.relative(dir, place).startsWith('..')) requirePlainParents(place)
        return undefined
      })
      bundler.onLoad({filter: /(?:)/, namespace: 'file'}, (args) => {
        if (!/\.[cm]?[jt]sx?$/.test(args.path)) {
          requirePlainFile(args.path, {maxBytes: maxSourceBytes})
          return undefined
        }
        const source = readPlainFile(args.path, {maxBytes: maxSourceBytes}).toString('utf8')
        if (!source.includes('import.meta')) return undefined
        const loader = loaders[path.extname(args.path)] ?? 'js'
        return {contents: withSourceUrl(source, urlOf(args.path)), loader}
      })
    },
  }
}

/** The declaration shares the first line with the code, so that every line keeps its number. */
function withSourceUrl(source: string, url: string): string {
  const hashbang = /^#!.*(\r?\n)?/.exec(source)?.[0] ?? ''
  return `${hashbang}const ${metaUrlName} = ${JSON.stringify(url)};${source.slice(hashbang.length)}`
}

function toDiagnostic(message: Message, directory: string, pluginDir: string): Diagnostic {
  const {location} = message
  const hint = unresolvedHint(message.text, pluginDir) ?? message.notes.map((note) => note.text).join(' ')
  return {
    severity: 'error',
    code: 'entry-point-invalid',
    message: message.text,
    ...(location && toPosition(location, directory)),
    ...(hint && {hint}),
  }
}

function unusableFile({message}: NotPlainFileError): Diagnostic {
  return {severity: 'error', code: 'entry-point-invalid', message, hint: 'replace it with a regular file, or remove it'}
}

/** esbuild's own advice, to leave the import out of the bundle, is about settings that do not exist here. */
function unresolvedHint(text: string, pluginDir: string): string | undefined {
  const specifier = /^Could not resolve "(.+)"$/.exec(text)?.[1]
  if (specifier === undefined) return undefined
  const packageName = /^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*(?=\/|$)/.exec(specifier)?.[0]
  return packageName === undefined ? 'check the path' : `npm install ${packageName}, in ${pluginDir}`
}

function toPosition(location: Location, directory: string): Position {
  const added = new RegExp(`^const ${metaUrlName} = "[^"]*";`).exec(location.lineText)?.[0] ?? ''
  // esbuild counts columns from 0, in bytes.
  const line = Buffer.from(location.lineText)
  const before = line.subarray(0, location.column).toString()
  const length = line.subarray(location.column, location.column + location.length).toString().length
  return {
    file: path.resolve(directory, location.file),
    line: location.line,
    column: before.length - added.length + 1,
    length: Math.max(1, length),
    sourceLine: location.lineText.slice(added.length),
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
