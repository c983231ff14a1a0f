// Images that are not on the machine: pulled before the first task starts, or refused with the answer of the registry.

import {expect, it} from 'vitest'
import {baseImage, describeInDocker, dockerClient} from '../rig/docker.ts'
import {startRegistry} from '../rig/fake-registry.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'
import {steps} from '../rig/project.ts'

const workflow = (image: string, more = ''): string =>
  `id: pulled\ncontainer: {image: "${image}", network: none${more}}\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: 'echo "$FLAVOUR"; : > ran'}}\n`

describeInDocker('an image that is missing', () => {
  it('is pulled once, with progress on standard error, and then used', async () => {
    const registry = await startRegistry()
    const project = new RestrictedProject({'w.yaml': workflow(registry.image)})
    const first = await project.docker(['run', 'w.yaml', '--json', '--progress', 'plain'])
    expect(first.exitCode, first.stderr).toBe(0)
    expect(first.stdout).toContain('"stdout": "pulled"')
    expect(first.stdout).not.toContain('pulling')
    expect(first.stderr).toMatch(new RegExp(`^pulling ${registry.image}\n=> pulled ${registry.image} [\\d.]+ m?s\n`))
    const asked = registry.requests().length
    const second = await project.docker(['run', 'w.yaml'])
    expect(second.stderr).not.toContain('pulling')
    expect(registry.requests()).toHaveLength(asked)
    project.write({'w.yaml': workflow(registry.image, ', pull: always')})
    expect((await project.docker(['run', 'w.yaml'])).stdout + second.stderr).not.toContain('error')
    expect(registry.requests().length).toBeGreaterThan(asked)
  })

  it('is pulled with the credentials of docker login', async () => {
    const login = 'robot:s3cret-of-the-registry'
    const registry = await startRegistry({login})
    const project = new RestrictedProject({'w.yaml': workflow(registry.image), 'docker/config.json': '{}'})
    const env = {DOCKER_CONFIG: project.path('docker')}
    const without = await project.docker(['run', 'w.yaml'], env)
    expect(without.exitCode).toBe(5)
    expect(without.stderr).toContain(`the image '${registry.image}' could not be pulled`)
    expect(without.stderr).toContain(`docker login ${registry.address}`)
    expect(project.has('ran')).toBe(false)
    const auth = Buffer.from(login).toString('base64')
    project.write({'docker/config.json': JSON.stringify({auths: {[registry.address]: {auth}}})})
    const {exitCode, stderr, stdout} = await project.docker(['run', 'w.yaml'], env)
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    expect(stderr + stdout).not.toContain('s3cret')
  })

  it('that the registry does not have ends the run before anything started', async () => {
    const registry = await startRegistry()
    const project = new RestrictedProject({'w.yaml': workflow(`${registry.address}/test/small:v9`)})
    const {exitCode, stderr} = await project.docker(['run', 'w.yaml'])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('IMAGE_PULL_FAILED')
    expect(stderr).toContain('manifest unknown')
    expect(stderr).toContain(`docker pull ${registry.address}/test/small:v9`)
    expect(project.has('ran')).toBe(false)
  })

  it('whose registry does not answer is named with what to try', async () => {
    const project = new RestrictedProject({'w.yaml': workflow('127.0.0.1:1/test/small:v1')})
    const {exitCode, stderr} = await project.docker(['run', 'w.yaml'])
    expect(exitCode).toBe(5)
    expect(stderr).toMatch(/connection refused/)
    expect(stderr).toContain('docker load -i FILE')
  })

  it('is not pulled when the workflow says never', async () => {
    const registry = await startRegistry()
    const project = new RestrictedProject({'w.yaml': workflow(registry.image, ', pull: never')})
    const {exitCode, stderr} = await project.docker(['run', 'w.yaml'])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('IMAGE_MISSING')
    expect(stderr).toContain(`docker pull ${registry.image}`)
    expect(registry.requests()).toEqual([])
  })

  it('is left where it is by Ctrl-C', async () => {
    const registry = await startRegistry({isSlow: true})
    const project = new RestrictedProject({'w.yaml': workflow(registry.image)})
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await command.printed('pulling')
    command.kill('SIGINT')
    const startedAt = performance.now()
    const {exitCode, stderr} = await command.ended
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(exitCode).toBe(130)
    expect(stderr).toContain(`stopped while the image '${registry.image}' was pulled`)
    expect(await (await dockerClient()).inspectImage(registry.image)).toBeUndefined()
  })

  it('is pulled before anything starts also for the items of a matrix, in a trusted and in a restricted workflow', async () => {
    const registry = await startRegistry()
    const [repository = ''] = registry.image.split(/:(?=v1$)/)
    const matrix = (tags: string, more = ''): string => `id: each\n${more}tasks:
  - {id: first, type: core/shell.run, container: ${baseImage}, inputs: {command: 'echo ran'}}
  - {id: t, type: core/shell.run, matrix: {v: ${tags}}, container: {image: "${repository}:{{ matrix.v }}"}, inputs: {command: 'echo "$FLAVOUR"'}}\n`
    const project = new RestrictedProject({
      'w.yaml': matrix('[v1]'),
      'more.yaml': matrix('[v1, v9]'),
      'restricted.yaml': matrix('[v9]', 'security: restricted\n'),
    })
    const {exitCode, stderr, stdout} = await project.docker(['run', 'w.yaml', '--progress', 'plain'])
    expect(exitCode, stderr).toBe(0)
    expect(stderr.indexOf('=> pulled')).toBeGreaterThan(-1)
    expect(stderr.indexOf('=> pulled')).toBeLessThan(stderr.indexOf('first: started'))
    expect(stdout + stderr).toContain('pulled')
    for (const file of ['more.yaml', 'restricted.yaml']) {
      const refused = await project.docker(['run', file, '--progress', 'plain'])
      expect(refused.exitCode).toBe(5)
      expect(refused.stderr).toContain(`docker pull ${repository}:v9`)
      expect(refused.stderr).not.toContain('first: started')
    }
  })

  it('is pulled when its task starts, if its name needs a result', async () => {
    const registry = await startRegistry()
    const [repository = ''] = registry.image.split(/:(?=v1$)/)
    const project = new RestrictedProject({
      'w.yaml': `id: late\ntasks:
  - {id: tag, type: core/shell.run, container: ${baseImage}, inputs: {command: echo v1}}
  - {id: t, type: core/shell.run, needs: [tag], container: {image: "${repository}:{{ tasks.tag.output.stdout }}"}, inputs: {command: 'echo "$FLAVOUR"'}}
  - {id: bad, type: core/shell.run, needs: [tag], container: {image: "${repository}:{{ tasks.tag.output.stdout }};x"}, inputs: {command: 'true'}}\n`,
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.task('t')).toMatchObject({output: {stdout: 'pulled'}})
    expect(run.error('bad')).toMatchObject({code: 'IMAGE_MISSING'})
    expect(steps(await project.events())).toContain('task.finished t')
  })
})
