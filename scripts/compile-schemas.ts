// Generates the checks of our own schemas and of the bundled plugins' ahead, so no ordinary run loads ajv. Called by the build.

import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {schemaFileName, sealCode} from '../src/lib/documents/json-schema.ts'
import {generateSchemaCode} from '../src/lib/documents/schema-code.ts'

/** Writes one file per schema into `outDir` (the `builtInDir` of `SchemaCompiler`). Returns the names of the files. */
export async function compileSchemas(schemas: Iterable<unknown>, outDir: string): Promise<string[]> {
  await mkdir(outDir, {recursive: true})
  const names = new Set<string>()
  for (const schema of schemas) {
    const name = schemaFileName(schema)
    if (names.has(name)) continue
    names.add(name)
    await writeFile(join(outDir, name), sealCode(name, await generateSchemaCode(schema, {trustPatterns: true})))
  }
  return [...names]
}
