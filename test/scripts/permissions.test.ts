// Permissions in the workflow file, as the built command sees them: findings with their places, exit codes, and what a trusted run says.

import {mkdirSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {steps, Project} from '../rig/project.ts'

interface Findings {
  readonly isValid: boolean
  readonly exitCode: number
  readonly diagnostics: readonly {
    readonly code: string
    readonly line: number
    readonly column: number
    readonly message: string
    readonly hint?: string
  }[]
}

function workflow(head: string, task = ''): string {
  return `id: w\n${head}\ntasks:\n  - id: t\n    type: core/shell.run\n    inputs: {command: echo hi}\n${task}`
}

function openProject(text: string): Project {
  const project = new Project({'w.yaml': text, 'data/x.txt': 'x', 'out/y.txt': 'y'})
  mkdirSync(project.path('plugins'))
  return project
}

async function findingsOf(text: string, project = openProject(text)): Promise<Findings & {readonly found: string[]}> {
  const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
  const [findings] = JSON.parse(stdout) as Findings[]
  if (findings === undefined) throw new Error(stdout)
  expect(exitCode).toBe(findings.exitCode)
  return {...findings, found: findings.diagnostics.map(({code, line, column}) => `${String(line)}:${String(column)} ${code}`)}
}

describe('permissions', () => {
  it('of all kinds are valid, trusted or restricted', async () => {
    const permissions =
      'permissions: {network: ["https://api.example.com/v1/*", "https://*.example.org"], filesystem: {read: [./data], write: [./out]}}'
    const resources = 'resources: {memory: 512MiB, cpus: 1.5, pids: 64, tmp: 16MiB}'
    const task =
      '    permissions: {network: [], filesystem: {read: [./data/x.txt, ./out], write: [./out]}}\n    resources: {memory: 128MiB}\n'
    for (const security of ['trusted', 'restricted']) {
      expect(await findingsOf(workflow(`security: ${security}\n${permissions}\n${resources}`, task))).toMatchObject({
        isValid: true,
        diagnostics: [],
      })
    }
    expect(await findingsOf(workflow('security: restricted'))).toMatchObject({isValid: true})
  })

  it('that are never granted are refused where they stand, with exit code 6', async () => {
    const text = workflow(`security: restricted
permissions:
  filesystem:
    read: [./data, /etc, /var/run/docker.sock, "~"]
    write: [., ./plugins, ./w.yaml, ./out]`)
    const {exitCode, found, diagnostics} = await findingsOf(text)
    expect(exitCode).toBe(6)
    expect(found).toEqual(['5:20', '5:26', '5:48', '6:13', '6:16', '6:27'].map((place) => `${place} permission-refused`))
    expect(diagnostics[0]?.message).toBe("'/etc' holds the settings and users of this machine: it is never granted")
  })

  it('that lead out by a link are refused', async () => {
    const project = openProject(workflow('security: restricted\npermissions: {filesystem: {read: [./data/link, ./outside]}}'))
    symlinkSync('/etc', project.path('data/link'))
    symlinkSync(project.home, project.path('outside'))
    const {exitCode, diagnostics} = await findingsOf('', project)
    expect(exitCode).toBe(6)
    expect(diagnostics.map(({message}) => message)).toEqual([
      "'./data/link' (/etc) holds the settings and users of this machine: it is never granted",
      `'./outside' (${project.home}) holds the stored secrets and the runs of this program: it is never granted`,
    ])
  })

  it('that name nothing are findings, where they count', async () => {
    const permissions = 'permissions: {filesystem: {read: [./none], write: [./new]}}'
    const {exitCode, found, diagnostics} = await findingsOf(workflow(`security: restricted\n${permissions}`))
    expect({exitCode, found}).toEqual({exitCode: 3, found: ['3:35 granted-path-missing', '3:52 granted-path-missing']})
    expect(diagnostics[1]?.hint).toMatch(/^create it first: mkdir -p .*\/new$/)
    expect(await findingsOf(workflow(permissions))).toMatchObject({isValid: true})
  })

  it('of the network follow their grammar', async () => {
    const {exitCode, found} = await findingsOf(
      workflow('permissions: {network: [api.example.com, "https://ok.example.com", "https://a.*.com", "http://localhost"]}'),
    )
    expect({exitCode, found}).toEqual({exitCode: 3, found: ['2:25 bad-network-rule', '2:68 bad-network-rule', '2:87 bad-network-rule']})
  })

  it('of another shape are the findings of the schema', async () => {
    const {exitCode, found} = await findingsOf(
      workflow(
        'permissions: {network: "https://x.com", filesystem: [./data], files: 1}\nresources: {memory: lots, cpus: 0, pids: 1, disk: 1, tmp: 1}',
      ),
    )
    expect(exitCode).toBe(3)
    expect(found.map((finding) => finding.split(' ')[1])).toEqual([
      'wrong-type',
      'wrong-type',
      'unknown-property',
      'bad-size',
      'invalid-value',
      'invalid-value',
      'unknown-property',
      'bad-size',
    ])
  })

  it('of a task only tighten', async () => {
    const head =
      'security: restricted\npermissions: {network: ["https://api.example.com/v1/*"], filesystem: {read: [./data], write: [./out]}}'
    const task = `    permissions:
      network: ["https://api.example.com/v1/users", "https://api.example.com/*", "https://other.example.com"]
      filesystem:
        read: [./data/x.txt, ./out, .]
        write: [./out/y.txt, ./data]
`
    const {exitCode, found, diagnostics} = await findingsOf(workflow(head, task))
    expect({exitCode, found}).toEqual({
      exitCode: 6,
      found: ['9:53', '9:82', '11:37', '12:30'].map((place) => `${place} permission-not-granted`),
    })
    expect(diagnostics[0]).toMatchObject({
      message: "'https://api.example.com/*' is more than the workflow grants, and a task can only get less",
      hint: 'add it to permissions.network of the workflow, or take it away here',
    })
    expect(await findingsOf(workflow('security: restricted', '    permissions: {network: ["https://x.com"]}\n'))).toMatchObject({
      exitCode: 6,
    })
  })

  it('are no paths that a task could exchange for a link under another one, where they are enforced', async () => {
    const other = `  - id: other\n    type: core/shell.run\n    permissions: {filesystem: {read: [./out/y.txt]}}\n    inputs: {command: echo hi}\n`
    const text = (security: string): string => workflow(`security: ${security}\npermissions: {filesystem: {write: [./out]}}`, other)
    const {exitCode, found} = await findingsOf(text('restricted'))
    expect({exitCode, found}).toEqual({exitCode: 6, found: ['10:39 granted-path-exchangeable']})
    expect(await findingsOf(text('trusted'))).toMatchObject({isValid: true})
  })

  it('are one kind of finding among others', async () => {
    expect(await findingsOf(workflow('permissions: {filesystem: {read: [/etc]}}\nnmae: x'))).toMatchObject({exitCode: 3})
    expect(await findingsOf(workflow('permissions: {filesystem: {read: [/etc]}}').replace('core/shell', 'core/shel'))).toMatchObject({
      exitCode: 3,
    })
  })
})

describe('a run', () => {
  it('with a permission that is never granted starts nothing', async () => {
    const project = openProject(workflow('security: restricted\npermissions: {filesystem: {read: [/]}}'))
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
    expect(exitCode).toBe(6)
    expect(stderr).toContain("error[permission-refused]: '/' is the whole disk: it is never granted")
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  it('that is trusted says once that permissions are not enforced', async () => {
    const project = openProject(workflow('permissions: {network: []}', '    permissions: {network: []}\n'))
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--progress', 'plain'])
    expect(exitCode).toBe(0)
    expect(stderr.split('PERMISSIONS_NOT_ENFORCED').length - 1).toBeGreaterThanOrEqual(1)
    const events = await project.events()
    expect(steps(events).slice(0, 2)).toEqual(['run.started', 'diagnostic'])
    expect(events.filter(({type}) => type === 'diagnostic')).toMatchObject([{severity: 'warning', code: 'PERMISSIONS_NOT_ENFORCED'}])
  })

  it('that is restricted does not begin without Docker, and leaves nothing', async () => {
    const project = openProject(workflow('security: restricted').replace('echo hi', 'touch done'))
    const gone = path.join(project.dir, 'no.sock')
    const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml', '--json'], {env: {DOCKER_HOST: `unix://${gone}`}})
    expect({exitCode, stderr}).toEqual({exitCode: 8, stderr: ''})
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'DOCKER_UNAVAILABLE'}})
    expect(stdout).toContain(gone)
    expect(project.has('done')).toBe(false)
    expect(await project.json(['runs', 'list'])).toEqual([])
  })
})

describe('a grant that is as good as none', () => {
  it.each(['https://*', 'http://a.example', 'https://*.com'])('%s is allowed in a restricted workflow, and a warning', async (rule) => {
    const {isValid, exitCode, diagnostics} = await findingsOf(workflow(`security: restricted\npermissions: {network: ['${rule}']}`))
    expect({isValid, exitCode}).toEqual({isValid: true, exitCode: 0})
    expect(diagnostics.map(({line}) => line)).toContain(3)
    expect(diagnostics.length).toBeGreaterThan(0)
  })

  it('a narrow one is not', async () => {
    const {diagnostics} = await findingsOf(workflow("security: restricted\npermissions: {network: ['https://api.example.com/v1/*']}"))
    expect(diagnostics).toEqual([])
  })
})

describe('--dry-run', () => {
  it('fails as the run would when a secret is missing, and shows no value when it is there', async () => {
    const text =
      "id: w\nsecrets: [TOKEN]\ntasks:\n  - {id: t, type: core/shell.run, env: {T: '{{ secrets.TOKEN }}'}, inputs: {command: echo hi}}\n"
    const project = openProject(text)
    const [dry, real] = [await project.run(['run', 'w.yaml', '--dry-run']), await project.run(['run', 'w.yaml'])]
    expect([dry.exitCode, real.exitCode]).toEqual([4, 4])
    expect(dry.stderr).toContain('TOKEN')
    const found = await project.run(['run', 'w.yaml', '--dry-run'], {env: {TOKEN: 'canary-value-1'}})
    expect(found.exitCode).toBe(0)
    expect(found.stdout + found.stderr).not.toContain('canary-value-1')
  })
})
