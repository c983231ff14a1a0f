import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {configReference, manifestReference, withReference} from '../../scripts/schema-reference.ts'

const docs = path.resolve(import.meta.dirname, '../../docs')

// `npx vitest run test/scripts/schema-reference.test.ts --update` writes the sections anew.
it.each([
  ['plugins/manifest.md', manifestReference],
  ['configuration.md', configReference],
])('the reference in %s says what the schema says', async (name, reference) => {
  const file = path.join(docs, name)
  await expect(withReference(readFileSync(file, 'utf8'), reference())).toMatchFileSnapshot(file)
})

it('every field is described', () => {
  for (const reference of [manifestReference(), configReference()]) {
    expect(reference.split('\n').length).toBeGreaterThan(8)
    expect(reference).not.toContain('undefined')
  }
})
