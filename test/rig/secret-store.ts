// Stored secrets as the built command sees them, and the files they are kept in as anybody sees them.

import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'vitest'
import type {Project} from './project.ts'
import {databaseOf, openStore} from './secret-home.ts'

/** Stores values, and makes the store when there is none. In this process: what a test starts with, and not what it is about. */
export async function storeSecrets(project: Project, values: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const {store, clock, close} = await openStore(project.home)
  clock.time = Date.now()
  try {
    for (const [name, value] of Object.entries(values)) await store.set(name, Buffer.from(value))
  } finally {
    close()
  }
}

/** What `get` writes, without its warning. */
export async function storedValue(project: Project, name: string): Promise<string> {
  const {exitCode, stdout, stderr} = await project.run(['secrets', 'get', '--', name])
  expect({exitCode}, stderr).toEqual({exitCode: 0})
  return stdout
}

/** All that is stored, read in this process: nothing when there is no store. */
export async function storedValues(project: Project): Promise<Map<string, Buffer>> {
  if (!existsSync(databaseOf(project.home))) return new Map()
  const {store, close} = await openStore(project.home)
  try {
    expect((await store.verify()).findings).toEqual([])
    return await store.getAll()
  } finally {
    close()
  }
}

/** Read in this process, as names need no key. */
export async function storedNames(project: Project): Promise<string[]> {
  if (!existsSync(databaseOf(project.home))) return []
  const {store, close} = await openStore(project.home)
  try {
    return store.list().map(({name}) => name)
  } finally {
    close()
  }
}

/** Files of the home that hold the text. */
export function filesWith(project: Project, text: string): string[] {
  return readdirSync(project.home, {recursive: true, encoding: 'utf8'}).filter((name) => {
    const file = path.join(project.home, name)
    return statSync(file).isFile() && readFileSync(file).includes(text)
  })
}
