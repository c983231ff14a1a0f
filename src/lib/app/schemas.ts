// The schemas that files and events are checked with, by what they are of.

const schemas = {
  workflow: async () => (await import('../workflow/schema/workflow-schema.ts')).workflowSchema,
  plugin: async () => (await import('../plugins/manifest-schema.ts')).manifestSchema,
  config: async () => (await import('../config/schema.ts')).configSchema,
  events: async () => (await import('../engine/events-schema.ts')).eventsSchema,
} satisfies Record<string, () => Promise<object>>

/** JSON Schema, draft 2020-12. */
export async function loadSchema(of: keyof typeof schemas): Promise<object> {
  return await schemas[of]()
}
