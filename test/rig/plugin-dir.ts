// Plugins as files in a directory, and a manager that looks at them.

import {mkdirSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {SchemaCompiler} from '../../src/lib/documents/json-schema.ts'
import {PluginManager} from '../../src/lib/plugins/plugin-manager.ts'
import {isSettled} from '../../src/lib/files/file-state.ts'

/** Writes files given as relative path -> content and returns the directory. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), {recursive: true})
    writeFileSync(file, content)
  }
  return directory
}

/** A manifest of `namespace/name` with one action `run`. */
export function manifestText(id: string, version = '1.0.0', more = 'main: index.js'): string {
  const [namespace = '', name = ''] = id.split('/')
  return `namespace: ${namespace}\nname: ${name}\nversion: ${version}\n${more}\nactions:\n  - name: run\n`
}

/** A usable plugin in `directory`. */
export function writePlugin(directory: string, id: string, version?: string): string {
  return writeFiles(directory, {'plugin.yaml': manifestText(id, version), 'index.js': 'export const run = () => 1\n'})
}

export function managerOf(paths: readonly string[], cacheDir: string): PluginManager {
  const origins = ['project', 'user', 'bundled'] as const
  const pluginPaths = paths.map((from, index) => ({path: from, origin: origins[index] ?? ('bundled' as const)}))
  return new PluginManager({paths: pluginPaths, cacheDir, schemas: new SchemaCompiler(), programVersion: '0.0.0-test'})
}

/** Resolves when a change to the file from now on gets another time stamp, which is when caches begin to trust it. */
export async function settled(file: string): Promise<void> {
  while (!isSettled(statSync(file), Date.now())) await sleep(10)
}
