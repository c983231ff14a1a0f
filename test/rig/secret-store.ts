// Stored secrets as the built command sees them, and the files they are kept in as anybody sees them.

import {readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'vitest'
import type {SecretMetadata} from '../../src/lib/secrets/store/secret-rows.ts'
import type {Project} from './project.ts'

/** Stores values through standard input. */
export async function storeSecrets(project: Project, values: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, input] of Object.entries(values)) {
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'set', '--stdin', '--raw', '--', name], {input})
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''})
  }
}

/** What `get` writes, without its warning. */
export async function storedValue(project: Project, name: string): Promise<string> {
  const {exitCode, stdout, stderr} = await project.run(['secrets', 'get', '--', name])
  expect({exitCode}, stderr).toEqual({exitCode: 0})
  return stdout
}

export async function storedNames(project: Project): Promise<string[]> {
  return ((await project.json(['secrets', 'list'])) as SecretMetadata[]).map(({name}) => name)
}

/** Files of the home that hold the text. */
export function filesWith(project: Project, text: string): string[] {
  return readdirSync(project.home, {recursive: true, encoding: 'utf8'}).filter((name) => {
    const file = path.join(project.home, name)
    return statSync(file).isFile() && readFileSync(file).includes(text)
  })
}
