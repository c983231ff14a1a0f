// How text looks in XML, HTML, CSV, SQL and YAML.

/** The names and numbers that libraries write for the characters that must be escaped; a table names only what it escapes. */
const entityTables: readonly Readonly<Record<string, string>>[] = [
  {'&': '&amp;', '<': '&lt;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;'},
  {'&': '&amp;', '<': '&lt;', '"': '&quot;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#039;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;', '/': '&#x2F;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;', '`': '&#x60;', '=': '&#x3D;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;'},
  {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;', '+': '&#43;'},
  {'&': '&#38;', '<': '&#60;', '>': '&#62;', '"': '&#34;', "'": '&#39;'},
]

export function markupForms(text: string): string[] {
  const entities = entityTables.map((table) => text.replace(/[&<>"'`=/+]/g, (found) => table[found] ?? found))
  const numbered = entities.flatMap((form) => [
    form,
    form.replace(/[^\p{ASCII}]/gu, (character) => `&#${character.codePointAt(0)};`),
    form.replace(/[^\p{ASCII}]/gu, (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`),
    // A line end inside of an attribute.
    form.replaceAll('\n', '&#10;'),
    form.replaceAll('\n', '&#xA;'),
  ])
  return [...numbered, text.replaceAll("'", "''"), text.replaceAll('"', '""'), text.replaceAll('`', '``')]
}
