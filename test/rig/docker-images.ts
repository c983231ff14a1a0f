// Small images for tests, made from a list of files: nothing is pulled.

import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {request} from 'node:http'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {inject, onTestFinished} from 'vitest'
import {dockerClient} from './docker.ts'
import {baseImage} from './docker-base-image.ts'
import {temporaryDir} from './temporary-dir.ts'

/** Makes an image of these files alone. It is removed after the test. */
export async function importImage(name: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  const dir = temporaryDir()
  for (const [file, content] of Object.entries({'etc/made-for': name, ...files})) {
    mkdirSync(path.dirname(path.join(dir, file)), {recursive: true})
    writeFileSync(path.join(dir, file), content)
  }
  const tar = execFileSync('tar', ['-C', dir, '-c', '.'], {maxBuffer: 100_000_000})
  await ask(`/images/create?fromSrc=-&repo=${name}&tag=latest`, tar)
  removeAfterTest(name)
}

/** Another image with the programs of the base image and these variables. It is removed after the test. */
export async function deriveImage(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const client = await dockerClient()
  const lines = Object.entries(env).map(([variable, value]) => `ENV ${variable}=${value}`)
  const dir = temporaryDir()
  writeFileSync(path.join(dir, 'Dockerfile'), [`FROM ${baseImage}`, ...lines, ''].join('\n'))
  await ask(`/build?t=${name}`, execFileSync('tar', ['-C', dir, '-c', 'Dockerfile']))
  if ((await client.inspectImage(name)) === undefined) throw new Error(`the image ${name} was not made`)
  removeAfterTest(name)
}

function removeAfterTest(name: string): void {
  onTestFinished(async () => {
    await (await dockerClient()).removeImage(name)
  })
}

function ask(target: string, body: Buffer): Promise<string> {
  const {socketPath} = inject('docker')
  return new Promise((resolve, reject) => {
    request({socketPath, method: 'POST', path: target, headers: {'content-type': 'application/x-tar'}}, (answer) => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end(body)
  })
}
