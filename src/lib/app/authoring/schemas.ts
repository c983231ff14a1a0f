// The schemas that files and events are checked with, by what they are of.

import type {App} from '../app.ts'

const schemas = {
  workflow: async () => (await import('../../workflow/schema/workflow-schema.ts')).workflowSchema,
  plugin: async () => (await import('../../plugins/manifest-schema.ts')).manifestSchema,
  test: async () => (await import('../../testing/test-schema.ts')).testSchema,
  config: async () => (await import('../../config/schema.ts')).configSchema,
  events: async () => (await import('../../engine/events-schema.ts')).eventsSchema,
} satisfies Record<string, () => Promise<object>>

/** JSON Schema, draft 2020-12, with an `$id` by which other schemas can refer to it. */
export async function loadSchema(of: keyof typeof schemas): Promise<object> {
  return {$id: `urn:autokestra:schema:${of}`, ...(await schemas[of]())}
}

/** That of workflow files, with the inputs of the actions that this project has. */
export async function loadSchemaWithPlugins(app: App): Promise<object> {
  const {plugins} = await app.project({})
  const [{schemaWithActions}, schema, entries] = await Promise.all([
    import('../../inspection/schema-with-actions.ts'),
    loadSchema('workflow'),
    plugins.list(),
  ])
  return {...schemaWithActions(schema, entries), $id: 'urn:autokestra:schema:workflow-with-plugins'}
}
