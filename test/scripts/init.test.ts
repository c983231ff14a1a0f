// A project that `init` has started.

import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const files = ['hello.yaml', 'plugins/shout/index.ts', 'plugins/shout/plugin.yaml', 'workflow.schema.json']

describe('init', () => {
  it('starts a project that runs at once, also in a directory that is not there yet', async () => {
    const project = new Project()
    const {exitCode, stdout} = await project.run(['init', 'a/b', '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({dir: 'a/b'})
    const made = readdirSync(project.path('a/b'), {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile())
    expect(made.map(({parentPath, name}) => path.relative(project.path('a/b'), path.join(parentPath, name))).sort()).toEqual(files)
    const ran = await project.run(['run', 'a/b/hello.yaml'])
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(JSON.parse(ran.stdout)).toEqual({greeting: 'HELLO, WORLD!'})
  })

  it('overwrites nothing, and writes nothing when anything is in the way', async () => {
    const project = new Project({'hello.yaml': 'mine'})
    const {exitCode, stderr} = await project.run(['init'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error\[FILE_EXISTS\]: hello\.yaml is already there\nhint: .*workflow init DIR/)
    expect(project.read('hello.yaml')).toBe('mine')
    expect(project.has('plugins')).toBe(false)
  })

  it.runIf(process.platform === 'linux')('says so when the directory cannot be made, and ends', async () => {
    const {exitCode, stderr} = await new Project().run(['init', '/proc/x/y'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error\[FILE_NOT_WRITABLE\]: cannot write to \/proc\/x\/y/)
  })

  it('gives editors the schema that `schema` prints', async () => {
    const project = new Project()
    await project.run(['init'])
    writeFileSync(project.path('printed.json'), (await project.run(['schema'])).stdout)
    const read = (name: string): unknown => JSON.parse(readFileSync(project.path(name), 'utf8'))
    expect(read('workflow.schema.json')).toEqual(read('printed.json'))
  })

  describe('--agent', () => {
    const skillPath = '.agents/skills/workflow/SKILL.md'

    it('writes a skill of at most 3 kB whose example is valid and runs as it says', async () => {
      const project = new Project({'AGENTS.md': '# Ours\n'})
      expect(await project.run(['init', '--agent'])).toMatchObject({exitCode: 0, stderr: `wrote ${skillPath}\nwrote AGENTS.md\n`})
      const skill = project.read(skillPath)
      expect(Buffer.byteLength(skill)).toBeLessThanOrEqual(3 * 1024)
      writeFileSync(project.path('w.yaml'), /```yaml\n(.*?)```/s.exec(skill)?.[1] ?? '')
      expect(await project.run(['validate', 'w.yaml'], {env: {AI_AGENT: 'x'}})).toMatchObject({
        exitCode: 0,
        stderr: 'next: workflow run w.yaml\n',
      })
      const {exitCode, stdout} = await project.run(['run', 'w.yaml', '-i', 'version=1.0', '--json', '--progress', 'plain'])
      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({outputs: {log: 'publishing 1.0 (2)'}})
    })

    it('adds its lines to AGENTS.md once, and leaves everything else there', async () => {
      const project = new Project({'AGENTS.md': '# Ours\n\nkeep this'})
      await project.run(['init', '--agent'])
      const once = project.read('AGENTS.md')
      expect(once).toMatch(/^# Ours\n\nkeep this\n\n<!-- workflow: begin -->\n/)
      writeFileSync(project.path('AGENTS.md'), `${once}\nand this\n`)
      await project.run(['init', '--agent'])
      expect(project.read('AGENTS.md')).toBe(`${once}\nand this\n`)
    })
  })
})
