import {expect, it} from 'vitest'
import {createBuildProgress} from '../../../../src/lib/ui/reporters/build-progress.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'

it.each([true, false])('a build is its steps with their times, and what they print (on a terminal: %s)', (isTty) => {
  const {ui, stderr, stdout} = capturedUi({isTty})
  let now = 0
  const progress = createBuildProgress(ui, () => now)
  progress.onEvent({type: 'sending', files: 3, bytes: 1500})
  progress.onEvent({type: 'step', number: 1, total: 2, instruction: 'FROM node:20-slim'})
  progress.onEvent({type: 'download', layer: 'abc', status: 'Downloading'})
  now = 1500
  progress.onEvent({type: 'step', number: 2, total: 2, instruction: 'RUN ["npm", "ci"]'})
  progress.onEvent({type: 'cached'})
  progress.onEvent({type: 'log', text: 'added\u001b[2J 1 package'})
  progress.close()
  ui.err.flushNow()
  expect(stderr.text).toBe(
    'sending 3 files (2 KiB)\n=> [1/2] FROM node:20-slim 1.5 s\n   │ added 1 package\n=> [2/2] RUN ["npm", "ci"] cached\n',
  )
  expect(stdout.text).toBe('')
})
