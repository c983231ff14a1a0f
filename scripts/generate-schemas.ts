// Generates the checks of the schemas the program brings: its own documents' and those of the bundled plugins' actions. Called by the build.
// That of workflow files is in the bundle (bundled-check.mjs).

import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {configSchema} from '../src/lib/config/schema.ts'
import {SchemaCompiler, type SchemaCheck} from '../src/lib/documents/json-schema.ts'
import {PluginManager} from '../src/lib/plugins/plugin-manager.ts'
import {testSchema} from '../src/lib/testing/test-schema.ts'
import {compileSchemas} from './compile-schemas.ts'

/** Remembers what the program itself asks for when it reads a plugin, so that no list of schemas has to be kept. */
class SchemaRecorder extends SchemaCompiler {
  readonly seen = new Set<unknown>()

  override compile(schema: unknown): Promise<SchemaCheck> {
    this.seen.add(schema)
    return super.compile(schema)
  }
}

/** Writes into `outDir`. Throws when a plugin in `pluginDir` has findings: what is shipped must be without. */
export async function generateSchemas(pluginDir: string, outDir: string): Promise<void> {
  const schemas = new SchemaRecorder()
  const cacheDir = await mkdtemp(join(tmpdir(), 'workflow-build-'))
  try {
    const manager = new PluginManager({paths: [{path: pluginDir, origin: 'bundled'}], cacheDir, schemas, programVersion: 'build'})
    const findings = (await manager.list()).flatMap(({id, diagnostics}) => diagnostics.map(({message}) => `${id}: ${message}`))
    if (findings.length > 0) throw new Error(`the bundled plugins have errors:\n${findings.join('\n')}`)
    await compileSchemas([configSchema, testSchema, ...schemas.seen], outDir)
  } finally {
    await rm(cacheDir, {recursive: true, force: true})
  }
}
