import {rmSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {validate} from '../../../src/lib/app/authoring/validate.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {openApp} from '../../rig/open-app.ts'
import {writeFiles, writePlugin} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

it('the configuration is the one of each workflow file, whichever was asked for first, and as it is now', async () => {
  const {app} = openApp()
  const dir = temporaryDir()
  writeFiles(dir, {'one/autokestra.yaml': 'concurrency: 3\n', 'two/autokestra.yaml': 'concurrency: 4\n'})
  const concurrencyOf = async (file: string): Promise<number> => (await app.project({file: path.join(dir, file)})).config.concurrency
  expect([await concurrencyOf('one/w.yaml'), await concurrencyOf('two/w.yaml')]).toEqual([3, 4])
  expect((await app.project({file: path.join(dir, 'two/w.yaml'), concurrency: 7})).config.concurrency).toBe(7)
  writeFiles(dir, {'one/autokestra.yaml': 'concurrency: 5\n'})
  expect([await concurrencyOf('one/w.yaml'), await concurrencyOf('two/w.yaml')]).toEqual([5, 4])
})

it('a configuration that was wrong is read again when it has been put right', async () => {
  const {app} = openApp()
  const dir = temporaryDir()
  writeFiles(dir, {'autokestra.yaml': 'concurrency: none\n'})
  const file = path.join(dir, 'w.yaml')
  await expect(app.project({file})).rejects.toThrow(WorkflowError)
  rmSync(path.join(dir, 'autokestra.yaml'))
  expect((await app.project({file})).config.files).toEqual([])
})

it('a plugin that is added while the program runs is found by the next plan', async () => {
  const {app} = openApp()
  const dir = temporaryDir()
  const file = path.join(dir, 'w.yaml')
  writeFiles(dir, {'w.yaml': 'id: w\ntasks:\n  - {id: t, type: my/late.run}\n'})
  expect((await validate(app, [file]))[0]).toMatchObject({isValid: false, exitCode: 5})
  writePlugin(path.join(dir, 'plugins/late'), 'my/late')
  expect(await validate(app, [file])).toMatchObject([{isValid: true, diagnostics: []}])
})

it('the home is the same for all projects, and needs no configuration that can be read', async () => {
  const {app, home} = openApp()
  writeFiles(home, {'config.yaml': 'concurrency: none\n'})
  await expect(app.project()).rejects.toThrow(WorkflowError)
  expect(app.home.databaseFile).toBe(path.join(home, 'autokestra.db'))
  expect((await app.runs()).list({limit: 1})).toEqual([])
  expect((await app.secrets()).list()).toEqual([])
})
