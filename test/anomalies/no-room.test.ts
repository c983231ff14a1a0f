// A machine that lets nobody start as many processes as a run would like to have at a time.

import {expect, it} from 'vitest'
import {parseEvents, Project} from '../rig/project.ts'
import {withRoomFor} from '../rig/without-privileges.ts'
import {builtCommand} from '../rig/workflow-command.ts'

/** A shell script that runs its arguments beside other processes of the same user: those take room that the run cannot know of. They are waited for: the dead count, too. */
const beside = (count: number): string =>
  `for i in $(seq ${String(count)}); do sleep 600 & others="$others $!"; done; "$@"; code=$?; kill $others; wait; exit $code`

it.each([
  ['that shells of ours start', 40, ''],
  ['that are started directly', 40, ", stdin: 'x'"],
])('tasks %s wait until there is room for their process', async (_, count, more) => {
  const tasks = Array.from(
    {length: count},
    // One process each: the program takes the place of the shell.
    (_task, index) => `  - {id: t${String(index)}, type: core/shell.run, inputs: {command: exec sleep 0.1${more}}}\n`,
  )
  const project = new Project({'w.yaml': `id: w\ntasks:\n${tasks.join('')}`})
  const {exitCode, result} = await project.runJson('w.yaml', ['--concurrency', '40', '--events', 'events'], {
    // Without a line in /etc/passwd, the system cannot tell that user's shell.
    env: {SHELL: '/bin/sh'},
    command: [...withRoomFor(60, project.home), 'sh', '-c', beside(35), 'sh', process.execPath, builtCommand],
  })

  expect(result.tasks.filter(({status}) => status !== 'succeeded')).toEqual([])
  expect(exitCode).toBe(0)
  const warnings = parseEvents(project.read('events')).filter((event) => event.type === 'diagnostic')
  expect(warnings).toMatchObject([{code: 'SLOTS_REDUCED'}])
})
