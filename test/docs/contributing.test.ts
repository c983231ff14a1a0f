// What the pages for contributors name exists: scripts of npm, files and rooms.

import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import packageJson from '../../package.json' with {type: 'json'}
import {packageRoot} from '../rig/workflow-command.ts'

const read = (name: string): string => readFileSync(path.join(packageRoot, name), 'utf8')

describe.each(['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'docs/architecture.md'])('%s', (name) => {
  it('names only scripts that package.json has', () => {
    const named = [...read(name).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, script = '']) => script)
    expect(named.filter((script) => !Object.hasOwn(packageJson.scripts, script))).toEqual([])
  })

  it('names only files and directories that are there', () => {
    const named = [...read(name).matchAll(/`((?:src|sdk|test|scripts|bench|examples|bin)\/[\w./-]*)`/g)]
    expect(named.map(([, file = '']) => file).filter((file) => !existsSync(path.join(packageRoot, file)))).toEqual([])
  })
})

it('AGENTS.md names every room of src/lib', () => {
  const rooms = readdirSync(path.join(packageRoot, 'src/lib'))
  const text = read('AGENTS.md')
  expect(rooms.filter((room) => !text.includes(`\`${room}\``))).toEqual([])
})
