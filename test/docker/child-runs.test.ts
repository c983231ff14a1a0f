// A restricted workflow that runs others: its own tasks start no program, and each child has the security that it declares.

import {expect, it} from 'vitest'
import {describeInDocker} from '../rig/docker.ts'
import {finishedRun} from '../rig/project.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'

describeInDocker('a restricted workflow that runs another one', () => {
  it('needs no image for that, and does not restrict the other', async () => {
    const project = new RestrictedProject({
      'parent.yaml':
        'id: parent\nsecurity: restricted\ntasks: [{id: run, type: core/workflow.run, inputs: {file: child.yaml}}]\noutputs: {ran: "{{ tasks.run.output }}"}\n',
      'child.yaml':
        'id: child\ntasks: [{id: write, type: core/shell.run, inputs: {command: touch written; echo here}}]\noutputs: {said: "{{ tasks.write.output.stdout }}"}\n',
    })
    const {result} = finishedRun(await project.docker(['run', 'parent.yaml', '--json', '--progress', 'quiet']))
    expect(result).toMatchObject({status: 'succeeded', outputs: {ran: {said: 'here'}}})
    expect(project.has('written')).toBe(true)
  })
})
