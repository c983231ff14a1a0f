// Links between the pages of the project lead somewhere.

import {existsSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {readPage} from '../rig/doc-page.ts'
import {packageRoot} from '../rig/workflow-command.ts'

const folders = ['.', 'docs', 'examples', 'plugins', 'sdk', 'bench']
const names = folders.flatMap((folder) =>
  readdirSync(path.join(packageRoot, folder), {recursive: folder !== '.', encoding: 'utf8'})
    .map((name) => path.join(folder, name))
    .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|dist|out|\.cache)\//.test(name)),
)
const pages = new Map(names.map((name) => [name, readPage(name)]))

it('there are pages', () => {
  expect(names).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/cli.md', 'docs/plugins/manifest.md', 'sdk/README.md']))
})

it.each(names)('every link of %s leads to a file, and to a heading in it', (name) => {
  const lost = (pages.get(name)?.links ?? []).filter(({target}) => {
    const [file = '', anchor] = target.split('#')
    const found = file === '' ? name : path.normalize(path.join(path.dirname(name), file))
    if (!existsSync(path.join(packageRoot, found))) return true
    return anchor !== undefined && !(pages.get(found)?.anchors.has(anchor) ?? false)
  })
  expect(lost).toEqual([])
})

it('every page of docs is linked from the README, directly or through another page', () => {
  const reached = new Set<string>()
  const visit = (name: string): void => {
    if (reached.has(name)) return
    reached.add(name)
    for (const {target} of pages.get(name)?.links ?? []) {
      const file = target.split('#')[0] ?? ''
      if (file !== '') visit(path.normalize(path.join(path.dirname(name), file)))
    }
  }
  visit('README.md')
  expect(names.filter((name) => name.startsWith('docs/') && !name.startsWith('docs/decisions/') && !reached.has(name))).toEqual([])
})
