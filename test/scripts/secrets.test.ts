// `workflow secrets`, scenario by scenario.

import {chmodSync, mkdirSync, renameSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {SecretMetadata} from '../../src/lib/secrets/store/secret-rows.ts'
import {Project} from '../rig/project.ts'
import {filesWith, storedNames, storedValue, storeSecrets} from '../rig/secret-store.ts'
import {Terminal} from '../rig/terminal.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

async function metadata(project: Project): Promise<SecretMetadata[]> {
  return (await project.json(['secrets', 'list'])) as SecretMetadata[]
}

describe('Set secret command', () => {
  it('Set secret with value', async () => {
    const project = new Project()
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'set', 'API_KEY', 'myvalue123'])
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''})
    expect(stderr).toContain("Created secret 'API_KEY'.\n")
    expect(stderr).toMatch(/^note: .*your shell history.*--stdin/m)
    expect(stderr).not.toContain('myvalue123')
    expect(await storedValue(project, 'API_KEY')).toBe('myvalue123')
    expect(filesWith(project, 'API_KEY')).toContain('autokestra.db')
    expect(filesWith(project, 'myvalue123')).toEqual([])
  })

  it('Set secret with interactive prompt', async () => {
    const project = new Project()
    const terminal = new Terminal(project, ['secrets', 'set', 'API_KEY'])
    await terminal.shows('Value of API_KEY:')
    terminal.press('my value 123', 'Enter')
    await terminal.shows('Value of API_KEY again:')
    terminal.press('my value 123', 'Enter')
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toContain("Created secret 'API_KEY'.")
    expect(terminal.history()).not.toMatch(/my value|value 123/)
    expect(await storedValue(project, 'API_KEY')).toBe('my value 123')
  })

  it('Update existing secret', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'the old value'})
    const [before] = await metadata(project)
    const {exitCode, stderr} = await project.run(['secrets', 'set', 'API_KEY', '--stdin'], {input: 'the new value\n'})
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: "Updated secret 'API_KEY'.\n"})
    expect(await storedValue(project, 'API_KEY')).toBe('the new value')
    const [after] = await metadata(project)
    expect(after).toMatchObject({name: 'API_KEY', version: 2, createdAt: before?.createdAt})
    expect(Date.parse(after?.updatedAt ?? '')).toBeGreaterThan(Date.parse(before?.updatedAt ?? ''))
  })

  it('Set empty value', async () => {
    const project = new Project()
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'set', 'KEY', ''])
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''})
    expect(stderr).toMatch(/^error\[SECRET_VALUE_INVALID\]: Secret value cannot be empty$/m)
    expect(await storedNames(project)).toEqual([])
  })
})

describe('Get secret command', () => {
  it('Get existing secret', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'myvalue123'})
    expect(await project.run(['secrets', 'get', 'API_KEY'])).toMatchObject({exitCode: 0, stdout: 'myvalue123'})
    const terminal = new Terminal(project, ['secrets', 'get', 'API_KEY'])
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toMatch(/^myvalue123\n\(ended/m)
  })

  it('Get non-existent secret', async () => {
    const project = new Project()
    await storeSecrets(project, {PRESENT: 'x'})
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'get', 'MISSING'])
    expect({exitCode, stdout}).toEqual({exitCode: 4, stdout: ''})
    expect(stderr).toMatch(/^error\[SECRET_NOT_FOUND\]: Secret 'MISSING' not found$/m)
    const mistyped = await project.run(['secrets', 'get', 'PRESNET'])
    expect(mistyped).toMatchObject({exitCode: 4, stdout: ''})
    expect(mistyped.stderr).toMatch(/^hint: .*PRESENT/m)
    const nowhere = await new Project().run(['secrets', 'get', 'MISSING'])
    expect(nowhere).toMatchObject({exitCode: 4, stdout: ''})
    expect(nowhere.stderr).toContain("Secret 'MISSING' not found")
  })

  it('Security warning on get', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'myvalue123'})
    const warning = /^warning: this exposes secrets in clear text: .*terminal/
    const get = await project.run(['secrets', 'get', 'API_KEY'])
    expect(get).toMatchObject({exitCode: 0, stdout: 'myvalue123'})
    expect(get.stderr).toMatch(warning)
    // The words of the scenario name no secret.
    const bare = await project.run(['secrets', 'get'])
    expect(bare).toMatchObject({exitCode: 2, stdout: ''})
    expect(bare.stderr).toMatch(warning)
    expect(bare.stderr).toMatch(/^error\[USAGE\]: missing argument NAME$/m)
  })
})

describe('List secrets command', () => {
  it('List all secrets', async () => {
    const project = new Project()
    await storeSecrets(project, {b: 'value of b', B: 'value of B', API_KEY: 'value of API_KEY'})
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'list'])
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(rows.map(([name]) => name)).toEqual(['API_KEY', 'B', 'b'])
    for (const [, created, updated] of rows)
      expect([created, updated]).toEqual([expect.stringMatching(timestamp), expect.stringMatching(timestamp)])
    expect(stdout).not.toContain('value of')
    const terminal = new Terminal(project, ['secrets', 'list'])
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toMatch(/^NAME +CREATED +UPDATED\nAPI_KEY +(just now|\d+ \w+ ago) +(just now|\d+ \w+ ago)$/m)
  })

  it('JSON output format', async () => {
    const project = new Project()
    await storeSecrets(project, {B: 'x', A: 'value of A'})
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'list', '--json'])
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    const time = expect.stringMatching(timestamp) as string
    expect(JSON.parse(stdout)).toEqual([
      {name: 'A', version: 1, createdAt: time, updatedAt: time},
      {name: 'B', version: 1, createdAt: time, updatedAt: time},
    ])
    expect(stdout).not.toContain('value of')
  })

  it('No secrets exist', async () => {
    const project = new Project()
    expect(await project.run(['secrets', 'list'])).toMatchObject({exitCode: 0, stdout: 'No secrets found\n', stderr: ''})
    expect(await project.json(['secrets', 'list'])).toEqual([])
    await storeSecrets(project, {A: 'x'})
    await project.run(['secrets', 'delete', 'A', '--force'])
    expect(await project.run(['secrets', 'list'])).toMatchObject({exitCode: 0, stdout: 'No secrets found\n', stderr: ''})
  })
})

describe('Delete secret command', () => {
  it('Delete existing secret', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'x', OTHER: 'y'})
    const terminal = new Terminal(project, ['secrets', 'delete', 'API_KEY'])
    await terminal.shows("Delete secret 'API_KEY' permanently?")
    terminal.press('y', 'Enter')
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toContain("Deleted secret 'API_KEY'.")
    expect(await storedNames(project)).toEqual(['OTHER'])
    expect((await project.run(['secrets', 'get', 'API_KEY'])).stderr).toContain("Secret 'API_KEY' not found")
  })

  it('Delete non-existent secret', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'x'})
    for (const force of [[], ['--force']]) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', 'delete', 'MISSING', ...force])
      expect({exitCode, stdout}).toEqual({exitCode: 4, stdout: ''})
      expect(stderr).toMatch(/^error\[SECRET_NOT_FOUND\]: Secret 'MISSING' not found$/m)
    }
    const terminal = new Terminal(project, ['secrets', 'delete', 'MISSING'])
    expect(await terminal.exitCode()).toBe(4)
    expect(terminal.screen()).not.toContain('permanently?')
  })

  it('Confirmation prompt', async () => {
    const project = new Project()
    await storeSecrets(project, {API_KEY: 'x'})
    for (const keys of [['n', 'Enter'], ['Enter'], ['x', 'Enter']]) {
      const terminal = new Terminal(project, ['secrets', 'delete', 'API_KEY'])
      await terminal.shows("Delete secret 'API_KEY' permanently? (y/N)")
      terminal.press(...keys)
      expect(await terminal.exitCode()).toBe(0)
      expect(terminal.screen()).toContain("Kept secret 'API_KEY'.")
      terminal.close()
    }
    const refused = await project.run(['secrets', 'delete', 'API_KEY'])
    expect(refused).toMatchObject({exitCode: 2, stdout: ''})
    expect(refused.stderr).toMatch(/^hint: .*--force/m)
    expect(await storedNames(project)).toEqual(['API_KEY'])
  })

  it('Force delete without prompt', async () => {
    const project = new Project()
    await storeSecrets(project, {KEY: 'x', OTHER: 'y'})
    expect(await project.run(['secrets', 'delete', 'KEY', '--force'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: "Deleted secret 'KEY'.\n",
    })
    const terminal = new Terminal(project, ['secrets', 'delete', 'OTHER', '--force'])
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).not.toContain('?')
    expect(await storedNames(project)).toEqual([])
  })
})

describe('CLI error handling', () => {
  it('Master key not configured', async () => {
    const project = new Project({'.env': 'B=x\n'})
    await storeSecrets(project, {A: 'x'})
    const keyFile = path.join(project.home, 'secret.key')
    renameSync(keyFile, project.path('kept'))
    for (const args of [
      ['get', 'A'],
      ['set', 'A', 'y'],
      ['set', 'NEW', 'y'],
      ['delete', 'A', '--force'],
      ['import', '.env'],
      ['export'],
      ['verify'],
      ['rotate-key'],
    ]) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', ...args])
      expect({args, exitCode, stdout}, stderr).toEqual({args, exitCode: 4, stdout: ''})
      expect(stderr).toMatch(/^error\[MASTER_KEY_MISSING\]: /m)
      expect(stderr).toContain('AUTOKESTRA_SECRET_KEY')
      expect(stderr).toContain(keyFile)
      // Nothing is made in its place.
      expect(filesWith(project, '').filter((name) => name.startsWith('secret.key'))).toEqual([])
    }
    // Names are no secrets.
    expect(await storedNames(project)).toEqual(['A'])
    renameSync(project.path('kept'), keyFile)
    expect(await storedValue(project, 'A')).toBe('x')
  })

  it('Database connection error', async () => {
    const project = new Project({home: 'no directory'})
    const unprivileged = [...nodeWithoutPrivileges, builtCommand] as const
    const closed = project.path('closed')
    mkdirSync(closed)
    chmodSync(closed, 0o555)
    for (const [args, home, words] of [
      [['set', 'A', 'x'], closed, /may not|permission/],
      [['set', 'A', 'x'], path.join(closed, 'new'), /may not|permission/],
      [['set', 'A', 'x'], project.path('home'), /not a directory/],
    ] as const) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', ...args], {command: unprivileged, env: {AUTOKESTRA_HOME: home}})
      expect({exitCode, stdout}, stderr).toEqual({exitCode: 9, stdout: ''})
      expect(stderr).toMatch(/^error\[STORAGE_[A-Z_]+\]: /m)
      expect(stderr).toMatch(words)
      expect(stderr).toContain(home)
    }
    await storeSecrets(project, {A: 'x'})
    chmodSync(path.join(project.home, 'autokestra.db'), 0)
    for (const args of [['list'], ['get', 'A'], ['set', 'B', 'x'], ['delete', 'A', '--force']]) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', ...args], {command: unprivileged})
      expect({args, exitCode, stdout}, stderr).toEqual({args, exitCode: 9, stdout: ''})
      expect(stderr).toContain(path.join(project.home, 'autokestra.db'))
      expect(stderr).toMatch(/permission|may not/)
    }
    // Not even what is stored can be told: not the same as nothing.
    for (const args of [['list'], ['get', 'A'], ['delete', 'A', '--force'], ['verify'], ['export']]) {
      const home = project.path('home')
      expect(await project.run(['secrets', ...args], {env: {AUTOKESTRA_HOME: home}})).toMatchObject({
        exitCode: 9,
        stdout: '',
        stderr: expect.stringContaining(`error[STORAGE_UNREADABLE]: ${home} is not a directory\n`),
      })
      chmodSync(project.home, 0)
      const closedHome = await project.run(['secrets', ...args], {command: unprivileged, cwd: project.path('.')})
      chmodSync(project.home, 0o700)
      expect(closedHome.exitCode).not.toBe(0)
      expect(closedHome.stderr).toContain(`you do not have permission to enter the home directory ${project.home}`)
      expect(closedHome.stderr).toContain(`chmod u+x ${project.home}\n`)
    }
  })

  it('Invalid secret name', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'})
    for (const args of [
      ['set', '', 'x'],
      ['set', 'A B', 'x'],
      ['get', ' '],
      ['get', 'a/b'],
      ['delete', 'A\n', '--force'],
      ['delete', 'А', '--force'],
    ]) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', ...args])
      expect({args, exitCode, stdout}, stderr).toEqual({args, exitCode: 2, stdout: ''})
      expect(stderr).toMatch(/^error\[SECRET_NAME_INVALID\]: .*alphanumeric.*underscore.*hyphen/m)
    }
    expect(await storedNames(project)).toEqual(['A'])
  })
})
