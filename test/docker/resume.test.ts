// A run with containers whose command is killed, and what goes on with it.

import {expect, it} from 'vitest'
import {haltOnce} from '../rig/interrupted-run.ts'
import {baseImage, describeInDocker} from '../rig/docker.ts'
import {finishedRun, shellPlugin} from '../rig/project.ts'
import {containersOf, RestrictedProject} from '../rig/restricted-project.ts'

/** Kills the command when a task has made the file. Answers the id of its process. */
async function killWhen(project: RestrictedProject, file: string, workflow: string): Promise<number> {
  const running = project.startDocker(['run', workflow])
  await project.appears(file, running)
  running.kill('SIGKILL')
  await running.ended
  return running.pid
}

describeInDocker('a run with containers that is resumed', () => {
  it('runs an interrupted step again in a container of its own, and leaves none', async () => {
    const project = new RestrictedProject({
      'w.yaml': `id: w
container: {image: ${baseImage}, network: none}
tasks:
  - {id: first, type: core/shell.run, inputs: {command: echo first >> log; echo 1}}
  - {id: halt, type: core/shell.run, needs: [first], idempotent: true, inputs: {command: ${JSON.stringify(`${haltOnce('halted')}; echo again >> log`)}}}
outputs: {first: "{{ tasks.first.output.stdout }}"}
`,
    })
    const killed = await killWhen(project, 'halted', 'w.yaml')
    const {result} = finishedRun(await project.docker(['runs', 'resume', 'latest', '--json']))
    expect([result.status, result.outputs, project.read('log')]).toEqual(['succeeded', {first: '1'}, 'first\nagain\n'])
    expect(await containersOf(killed), 'containers of the killed command').toEqual([])
  })

  it('is as restricted as before', async () => {
    const project = new RestrictedProject()
    const shared = project.share('shared')
    project.write({
      'secret-of-host': 'x',
      ...shellPlugin(
        'resume-probe',
        `cat > /dev/null
if [ ! -e "${shared}/halted" ]; then touch "${shared}/halted"; sleep 600; fi
if [ -e "${project.path('secret-of-host')}" ]; then echo visible; else echo hidden; fi > "${shared}/seen"
echo '{}'
`,
        'capabilities: [filesystem]\nactions: [{name: act}]',
      ),
      'w.yaml': `id: w
security: restricted
permissions: {filesystem: {write: [./shared]}}
tasks: [{id: t, type: test/resume-probe.act, idempotent: true}]
`,
    })
    await project.build('test/resume-probe')
    await killWhen(project, 'shared/halted', 'w.yaml')
    const {result} = finishedRun(await project.docker(['runs', 'resume', 'latest', '--json']))
    expect([result.status, result.tasks[0]?.attempts, project.read('shared/seen')]).toEqual(['succeeded', 2, 'hidden\n'])
  })
})
