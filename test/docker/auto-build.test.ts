// Restricted runs that build the images they lack, because the project asks for it.

import {randomBytes} from 'node:crypto'
import {expect, it, onTestFinished} from 'vitest'
import {baseImage, describeInDocker} from '../rig/docker.ts'
import {shellPlugin} from '../rig/project.ts'
import {containersOf, removeImages, RestrictedProject} from '../rig/restricted-project.ts'

interface Fixture {
  readonly project: RestrictedProject
  /** Directory of the plugin, below the project. */
  readonly dir: string
  readonly id: string
}

/** A project with one plugin of this test alone: nobody has built it before, and its images are gone after the test. */
function fixture(files: Readonly<Record<string, string>> = {}): Fixture {
  const name = `auto-${randomBytes(4).toString('hex')}`
  const dir = `plugins/${name}`
  const project = new RestrictedProject({
    'autokestra.yaml': `plugins: {baseImage: ${baseImage}, autoBuild: true}\n`,
    ...shellPlugin(name, 'cat > /dev/null; printf \'{"text": "%s"}\' "$(cat /plugin/text)"'),
    [`${dir}/text`]: 'one',
    ...Object.fromEntries(Object.entries(files).map(([file, text]) => [`${dir}/${file}`, text])),
    'w.yaml': `id: w\nsecurity: restricted\ntasks:\n  - {id: a, type: test/${name}.act}\n  - {id: b, type: test/${name}.act}\noutputs: {text: '{{ tasks.b.output.text }}'}\n`,
  })
  onTestFinished(() => removeImages(`test/${name}`))
  return {project, dir, id: `test/${name}`}
}

describeInDocker('plugins.autoBuild', () => {
  it('builds what is missing, and what is stale, before a run; what is current is left alone', async () => {
    const {project, dir, id} = fixture()
    const first = await project.docker(['run', 'w.yaml', '--progress', 'plain'])
    expect(first).toMatchObject({exitCode: 0, stdout: '{\n  "text": "one"\n}\n'})
    expect(first.stderr).toMatch(new RegExp(`^building the image of plugin ${id}\nsending \\d+ files .*\n=> \\[1/`))
    expect(first.stderr.split('building the image').length).toBe(2)
    expect(first.stderr.indexOf('building')).toBeLessThan(first.stderr.indexOf('started with 2 tasks'))

    const second = await project.docker(['run', 'w.yaml'])
    expect(second.exitCode).toBe(0)
    expect(second.stderr).not.toContain('building')

    project.write({[`${dir}/text`]: 'two'})
    const third = await project.runRestricted('w.yaml')
    expect(third).toMatchObject({exitCode: 0, result: {outputs: {text: 'two'}}})
  })

  it('says nothing with --progress quiet but what it warns of', async () => {
    const {project} = fixture({'.env': 'TOKEN=1\n'})
    const {exitCode, stderr} = await project.docker(['run', 'w.yaml', '--progress', 'quiet'])
    expect(exitCode).toBe(0)
    expect(stderr).toContain('.env')
    expect(stderr).not.toMatch(/building|sending|=>/)
  })

  it('starts no run when a build fails', async () => {
    const {project} = fixture({Dockerfile: `FROM ${baseImage}\nRUN echo no luck; exit 3\n`})
    const {exitCode, stderr} = await project.docker(['run', 'w.yaml'])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('error[BUILD_FAILED]')
    expect(stderr).toContain('no luck')
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  it('ends the build with the command, when that is interrupted', async () => {
    const {project} = fixture({Dockerfile: `FROM ${baseImage}\nRUN echo begun; sleep 600\n`})
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await command.printed('begun')
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject({exitCode: 130, stderr: expect.stringContaining('was stopped') as string})
    expect(await containersOf(command.pid)).toEqual([])
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  it('does not build for a plan, nor for a validation', async () => {
    const {project, id} = fixture()
    for (const args of [
      ['validate', 'w.yaml'],
      ['run', 'w.yaml', '--dry-run'],
    ]) {
      const {exitCode, stderr} = await project.docker(args)
      expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    }
    const {stdout} = await project.docker(['plugin', 'list', '--json'])
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({id, image: 'absent'}))
  })
})
