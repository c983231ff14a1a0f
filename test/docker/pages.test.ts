// Commands of the documentation that need Docker end as the pages say, in real containers.

import {expect, it, onTestFinished} from 'vitest'
import {commandsInDocker, pagesInDocker, runPage, singleCommands} from '../rig/doc-commands.ts'
import {readPage} from '../rig/doc-page.ts'
import {DocProject} from '../rig/doc-project.ts'
import {deriveImage} from '../rig/docker-images.ts'
import {baseImage, describeInDocker, dockerEnv} from '../rig/docker.ts'
import {removeImages} from '../rig/restricted-project.ts'

describeInDocker('a page', () => {
  it.each([...pagesInDocker.keys()])('%s has commands that end as it says', async (name) => {
    const page = readPage(name)
    const commands = commandsInDocker(page)
    expect(singleCommands(page)).toEqual(expect.arrayContaining([...commands]))
    const built = new Set(commands.flatMap((text) => /^workflow plugin build (\S+)$/.exec(text)?.[1] ?? []))
    const removeBuilt = async (): Promise<void> => {
      for (const plugin of built) await removeImages(plugin)
    }
    // A reader has not built them before.
    await removeBuilt()
    onTestFinished(removeBuilt)
    const {DOCKER_HOST} = dockerEnv()
    const project = new DocProject({isClone: false, env: {DOCKER_HOST}})
    // The pages take images of a registry; there is none here.
    project.writeConfig(`plugins: {baseImage: ${baseImage}}\n`)
    const nodeImage = `autokestra-test-node-${String(process.pid)}`
    if (page.blocks.some(({text}) => text.includes('node:22-slim'))) await deriveImage(nodeImage, {FLAVOUR: 'node'})
    await runPage(
      page,
      project,
      (command) => !commands.includes(command),
      (text) => text.replaceAll('python:3.12-slim', baseImage).replaceAll('node:22-slim', nodeImage),
    )
  })
})
