// An approval in a restricted workflow: it starts no program, so nothing of it needs an image.

import {expect, it} from 'vitest'
import {describeInDocker} from '../rig/docker.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'

describeInDocker('an approval in a restricted workflow', () => {
  it('is waited for and answered as in any other', async () => {
    const project = new RestrictedProject({
      'w.yaml': 'id: alone\nsecurity: restricted\ntasks: [{id: ask, type: core/approval.wait, inputs: {message: Really?}}]\n',
    })
    const running = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await running.printed('runs reject')
    expect(await project.run(['runs', 'approve', 'latest'])).toMatchObject({exitCode: 0})
    expect((await running.ended).exitCode).toBe(0)
  })
})
