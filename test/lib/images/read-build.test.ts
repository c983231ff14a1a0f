import {describe, expect, it} from 'vitest'
import type {BuildMessage} from '../../../src/lib/runtimes/image-engine.ts'
import {readBuild, type BuildEvent} from '../../../src/lib/images/read-build.ts'

async function* stream(messages: readonly BuildMessage[]): AsyncGenerator<BuildMessage> {
  for (const message of messages) {
    await Promise.resolve()
    yield message
  }
}

async function read(messages: readonly BuildMessage[], isOwnDockerfile = false): Promise<{imageId: string; events: BuildEvent[]}> {
  const events: BuildEvent[] = []
  const imageId = await readBuild(stream(messages), (event) => events.push(event), {pluginId: 'a/b', isOwnDockerfile, labels: 1})
  return {imageId, events}
}

describe('the stream of a build', () => {
  it('becomes steps, lines and the id of the image', async () => {
    const {imageId, events} = await read([
      {stream: 'Step 1/3 : FROM node:20-slim'},
      {stream: '\n'},
      {status: 'Downloading', id: 'abc', progress: '[=> ] 1MB/2MB'},
      {stream: ' ---> 0123456789ab\n'},
      {stream: 'Step 2/3 : RUN ["npm", "ci"]'},
      {stream: '\n'},
      {stream: ' ---> Using cache\n'},
      {stream: 'add'},
      {stream: 'ed 1 package\n\nin 1s\r\n'},
      {stream: 'Step 3/3 : LABEL dev.autokestra.plugin=a/b'},
      {stream: 'Removing intermediate container 0123\n'},
      {aux: {ID: 'sha256:0123'}},
      {stream: 'Successfully built 0123\n'},
    ])
    expect(imageId).toBe('sha256:0123')
    expect(events).toEqual([
      {type: 'step', number: 1, total: 2, instruction: 'FROM node:20-slim'},
      {type: 'download', layer: 'abc', status: 'Downloading [=> ] 1MB/2MB'},
      {type: 'step', number: 2, total: 2, instruction: 'RUN ["npm", "ci"]'},
      {type: 'cached'},
      {type: 'log', text: 'added 1 package'},
      {type: 'log', text: 'in 1s'},
    ])
  })

  it('that says error is a failed build, with the step and its last lines', async () => {
    const lines = Array.from({length: 30}, (_, index) => ({stream: `line ${String(index)}\n`}))
    const failing = read([{stream: 'Step 2/3 : RUN make\n'}, ...lines, {stream: 'no newline'}, {error: 'returned a non-zero code: 2'}])
    await expect(failing).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      exitCode: 5,
      message: 'The image of plugin "a/b" could not be built: returned a non-zero code: 2',
      diagnostics: [
        {message: 'the step RUN make failed', hint: expect.stringMatching(/^line 11\n[^]*line 29\n {2}no newline$/) as unknown},
      ],
    })
  })

  it('that fails at the base image says how to get it, or another one', async () => {
    const messages = [{stream: 'Step 1/2 : FROM --platform=linux/amd64 nowhere:1\n'}, {error: 'pull access denied for nowhere'}]
    await expect(read(messages)).rejects.toMatchObject({hint: expect.stringMatching(/docker pull nowhere:1.*--base-image/) as unknown})
    await expect(read(messages, true)).rejects.toMatchObject({hint: expect.not.stringContaining('--base-image') as unknown})
  })

  it('that ends without an image is a failed build, whatever it said before', async () => {
    const cut = [{stream: 'Step 1/1 : FROM scratch\n'}, {stream: 'Successfully built 0123\n'}]
    await expect(read(cut)).rejects.toMatchObject({code: 'BUILD_FAILED', message: expect.stringContaining('ended before') as unknown})
    await expect(read([])).rejects.toMatchObject({code: 'BUILD_FAILED'})
  })

  it('reads a step that prints 40 MB without a line end in pieces, in time that grows with the bytes alone', async () => {
    const piece = 'x'.repeat(4096)
    const messages = Array.from({length: 10_000}, () => ({stream: piece}))
    const startedAt = performance.now()
    const {events} = await read([{stream: 'Step 1/2 : RUN yes\n'}, ...messages, {stream: '\n'}, {aux: {ID: 'sha256:0'}}])
    // Once it took a minute for a tenth of that.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    const lengths = events.flatMap((event) => (event.type === 'log' ? [event.text.length] : []))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16 * 1024)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(10_000 * 4096)
  })
})
