// Files of an attempt whose run another process may have taken over.

import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {RunDirectory} from '../../../../src/lib/execution/files/run-directory.ts'
import {withFiles} from '../../../../src/lib/execution/task/with-files.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import type {RunSecrets} from '../../../../src/lib/execution/task/run-secrets.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const value = 'planted-value-of-this-test-4711'

function attempt(confirmOwner: () => boolean | Promise<boolean>) {
  const root = path.join(temporaryDir(), 'run')
  const directory = new RunDirectory(root, {confirmOwner})
  const masker = new SecretMasker()
  masker.add(value)
  const parts = {
    key: {task: 't'},
    files: {in: {'secret.txt': '{{ secrets.S }}'}, out: {}},
    values: {'secret.txt': value},
    directory,
    secrets: {masker} as unknown as RunSecrets,
    signal: new AbortController().signal,
  }
  return {root, parts}
}

it('a process that has lost the run before the attempt makes nothing, and starts nothing', async () => {
  const {root, parts} = attempt(() => Promise.resolve(false))
  mkdirSync(path.join(root, 't'), {recursive: true})
  writeFileSync(path.join(root, 't', 'of-the-new-owner'), 'x')
  let hasStarted = false
  const result = await withFiles(parts, () => {
    hasStarted = true
    throw new Error('started')
  })
  expect([result.ok, hasStarted]).toEqual([false, false])
  expect(readdirSync(path.join(root, 't'))).toEqual(['of-the-new-owner'])
})

it('a process that loses the run while the attempt goes on removes nothing', async () => {
  let isOwner = true
  const {root, parts} = attempt(() => isOwner)
  const file = path.join(root, 't', 'secret.txt')
  await withFiles(parts, () => {
    isOwner = false
    return Promise.resolve({ok: true, output: null, metrics: {durationMs: 1}, warnings: []})
  })
  expect(readFileSync(file, 'utf8')).toBe(value)
})

it('the owner removes files with secrets', async () => {
  const {root, parts} = attempt(() => true)
  await withFiles(parts, () => Promise.resolve({ok: true, output: null, metrics: {durationMs: 1}, warnings: []}))
  expect(existsSync(path.join(root, 't'))).toBe(true)
  expect(readdirSync(path.join(root, 't'))).toEqual([])
})
