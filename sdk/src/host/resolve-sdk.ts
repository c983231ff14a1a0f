// Lets a plugin import the SDK without having it installed: the copy beside this program steps in where Node's own resolution finds none.

import fs from 'node:fs'
import Module from 'node:module'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {copyFor, isNotFound, packageName, retryMark} from './sdk-copy.ts'

interface Resolved {
  url: string
  shortCircuit?: boolean
}

type Resolve = (specifier: string, context: object, next: (specifier: string, context: object) => Resolved) => Resolved
type ResolveFilename = (specifier: string, ...rest: unknown[]) => string

// Module.registerHooks exists from Node 22.15; _resolveFilename is the long-standing hook of require() before it.
const loader = Module as unknown as {registerHooks?: (hooks: {resolve: Resolve}) => void; _resolveFilename: ResolveFilename}

/** Whether ES modules need the loader thread of `registerLoader`: this Node has no synchronous hooks. */
export const needsLoader = loader.registerHooks === undefined

let isLoaderRegistered = false

/** Installs what costs nothing: synchronous hooks, or, without them, the one of require(). */
export function installResolution(): void {
  if (loader.registerHooks !== undefined) {
    loader.registerHooks({
      resolve(specifier, context, next) {
        const copy = copyFor(specifier, isRequire(context))
        if (copy === undefined) return next(specifier, context)
        try {
          return next(specifier, context)
        } catch (error) {
          if (!isNotFound(error)) throw error
          return {url: copy, shortCircuit: true}
        }
      },
    })
    return
  }
  const original = loader._resolveFilename
  loader._resolveFilename = function resolveFilename(this: unknown, specifier, ...rest) {
    const copy = copyFor(specifier, true)
    if (copy === undefined) return original.call(this, specifier, ...rest)
    try {
      return original.call(this, specifier, ...rest)
    } catch (error) {
      if (!isNotFound(error)) throw error
      return fileURLToPath(copy)
    }
  }
}

function isRequire(context: object): boolean {
  return 'conditions' in context && Array.isArray(context.conditions) && context.conditions.includes('require')
}

/** Starts the loader thread (about 40 ms), once, where this Node needs it; done ahead while the host has nothing to do. */
export function registerLoader(): void {
  if (!needsLoader || isLoaderRegistered) return
  isLoaderRegistered = true
  Module.register(new URL('./sdk-loader.js', import.meta.url))
}

/**
 * Imports an entry point. Without the loader thread, the thread is started only for an entry point that names the SDK and has none installed,
 * or after the import failed for that reason.
 */
export async function importWithSdk(main: string, url: string): Promise<object> {
  if (needsLoader && !isLoaderRegistered && !isSdkInstalled(dirname(main)) && namesSdk(main)) registerLoader()
  try {
    return (await import(url)) as object
  } catch (error) {
    if (!needsLoader || isLoaderRegistered || !isNotFound(error) || !String(error).includes(packageName)) throw error
    registerLoader()
    // Node remembers modules whose imports failed; under a new address they are linked again. Nothing of them has run yet.
    return (await import(url + retryMark)) as object
  }
}

function isSdkInstalled(dir: string): boolean {
  for (let at = dir; ; at = dirname(at)) {
    if (fs.existsSync(join(at, 'node_modules', packageName))) return true
    if (dirname(at) === at) return false
  }
}

function namesSdk(main: string): boolean {
  try {
    return fs.readFileSync(main, 'utf8').includes(packageName)
  } catch {
    // The import itself reports a missing or unreadable file.
    return false
  }
}
