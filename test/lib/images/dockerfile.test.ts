import {symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {defaultBase} from '../../../src/lib/images/dockerfile.ts'
import {readImageSource, type ImageSource} from '../../../src/lib/images/image-source.ts'
import type {Plugin} from '../../../src/lib/plugins/manifest.ts'
import {checkDockerfile, findOwnDockerfile} from '../../../src/lib/images/own-dockerfile.ts'
import {defined} from '../../../src/lib/util/defined.ts'
import {managerOf, writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** A plugin `acme/tool` with files and the lines of its manifest that name its program. */
async function plugin(program: string, files: Readonly<Record<string, string>>, action = 'name: run'): Promise<Plugin> {
  const paths = temporaryDir()
  const manifest = `namespace: acme\nname: tool\nversion: 1.2.3+build.7\n${program}\nactions:\n  - {${action}}\n`
  writeFiles(path.join(paths, 'tool'), {'plugin.yaml': manifest, ...files})
  const [entry] = await managerOf([paths], temporaryDir()).list()
  if (entry?.plugin === undefined) throw new Error(JSON.stringify(entry))
  expect(entry.diagnostics).toEqual([])
  return entry.plugin
}

/** A directory that stands for the built SDK. */
function sdkDir(text = 'export {}'): string {
  return writeFiles(temporaryDir(), {'host.js': text, 'index.js': '', 'index.cjs': '', 'index.d.ts': ''})
}

async function sourceOf(of: Plugin, more: {baseImage?: string; sdk?: string} = {}): Promise<ImageSource> {
  return await readImageSource(of, {
    sdkDir: more.sdk ?? sdkDir(),
    cacheDir: temporaryDir(),
    programVersion: '1.0.0',
    ...defined({baseImage: more.baseImage}),
  })
}

describe('a generated Dockerfile', () => {
  it('of an SDK plugin starts the host', async () => {
    const source = await sourceOf(await plugin('main: index.js', {'index.js': ''}))
    expect(source.dockerfile).toEqual({
      isOwn: false,
      path: '.autokestra/Dockerfile',
      text: `FROM node:20-slim
COPY .autokestra/sdk/ /autokestra/
COPY . /plugin/
WORKDIR /plugin
USER 65534:65534
ENTRYPOINT ["node", "/autokestra/host.js"]
`,
    })
    expect(source.added.map((file) => file.path)).toEqual(
      [
        '.autokestra/sdk/package.json',
        '.autokestra/sdk/host.js',
        '.autokestra/sdk/index.cjs',
        '.autokestra/sdk/index.js',
        '.autokestra/Dockerfile',
      ].sort((a, b) => (a.endsWith('package.json') ? -1 : b.endsWith('package.json') ? 1 : 0)),
    )
  })

  it('of a plain plugin runs its command, with its own files by their place in the image', async () => {
    const source = await sourceOf(await plugin('command: [python3, main.py, -v, text]', {'main.py': ''}))
    expect(source.dockerfile.text).toBe(`FROM python:3.13-slim
COPY . /plugin/
WORKDIR /plugin
USER 65534:65534
ENTRYPOINT ["python3", "/plugin/main.py", "-v", "text"]
`)
    expect(source.added).toHaveLength(1)
  })

  it('of an exec plugin has no entry point: each action is a command line of its own', async () => {
    const source = await sourceOf(await plugin('protocol: exec', {}, 'name: run, exec: [echo, hello]'))
    expect(source.dockerfile.text).toContain('\nENTRYPOINT []\n')
  })

  it('installs packages in a stage of their own, from the lock file', async () => {
    const packageFile = '{"dependencies": {"left-pad": "1", "@autokestra/plugin-sdk": "1"}}'
    const files = {'index.js': '', 'package.json': packageFile, 'package-lock.json': '{}', 'node_modules/left-pad/index.js': ''}
    const source = await sourceOf(await plugin('main: index.js', files))
    expect(source.dockerfile.text).toBe(`# Packages, with whatever compiles them, stay in a stage of their own.
FROM node:20-slim AS packages
WORKDIR /plugin
COPY ["package.json", "package-lock.json", "./"]
RUN ["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"]

FROM node:20-slim
COPY .autokestra/sdk/ /autokestra/
COPY --from=packages /plugin/node_modules/ /plugin/node_modules/
COPY . /plugin/
WORKDIR /plugin
USER 65534:65534
ENTRYPOINT ["node", "/autokestra/host.js"]
`)
    expect(source.entries.map((entry) => entry.path)).not.toContain('node_modules')
  })

  it('says that packages of Python are left to a Dockerfile of the plugin', async () => {
    const warningsOf = async (files: Readonly<Record<string, string>>): Promise<unknown> =>
      (await sourceOf(await plugin('command: [python3, main.py]', {'main.py': '', ...files}))).warnings
    expect(await warningsOf({'requirements.txt': '# later\n\n  requests==2.32\n'})).toMatchObject([
      {code: 'packages-missing', hint: expect.stringContaining('RUN ["pip", "install"') as string},
    ])
    expect(await warningsOf({'requirements.txt': '# none\n\n'})).toEqual([])
    const own = {Dockerfile: 'FROM python:3.13-slim\nUSER 1000\n', 'requirements.txt': 'requests\n'}
    expect(await warningsOf(own)).not.toContainEqual(expect.objectContaining({code: 'packages-missing'}))
  })

  it('takes packages as they are when there is no lock file, or when .dockerignore says so', async () => {
    const packageFile = '{"dependencies": {"left-pad": "1"}}'
    const vendored = {'index.js': '', 'package.json': packageFile, 'node_modules/left-pad/index.js': ''}
    const undeclared = {'index.js': '', 'node_modules/left-pad/index.js': ''}
    for (const files of [vendored, {...vendored, 'package-lock.json': '{}', '.dockerignore': '!node_modules\n'}, undeclared]) {
      const source = await sourceOf(await plugin('main: index.js', files))
      expect(source.dockerfile.text).not.toContain('npm')
      expect(source.entries.map((entry) => entry.path)).toContain('node_modules/left-pad/index.js')
    }
    const {'node_modules/left-pad/index.js': _left, ...without} = vendored
    expect((await sourceOf(await plugin('main: index.js', without))).warnings).toMatchObject([{code: 'packages-missing'}])
    const sdkOnly = {'index.js': '', 'package.json': '{"dependencies": {"@autokestra/plugin-sdk": "1"}}', 'package-lock.json': '{}'}
    expect((await sourceOf(await plugin('main: index.js', sdkOnly))).dockerfile.text).not.toContain('npm')
  })

  it('starts from another base image when one is named', async () => {
    const source = await sourceOf(await plugin('main: index.js', {'index.js': ''}), {baseImage: 'registry.example.com/node:22'})
    expect(source.dockerfile.text).toMatch(/^FROM registry\.example\.com\/node:22\n/)
    expect(source.withBase('node:24').dockerfile.text).toMatch(/^FROM node:24\n/)
    expect(source.withBase('node:24').digest).not.toBe(source.digest)
    expect(source.withBase('node:24').sources).toBe(source.sources)
  })

  it.each([
    ['main: index.js', 'node:20-slim'],
    ['command: [python3, main.py]', 'python:3.13-slim'],
    ['command: [python, main.py]', 'python:3.13-slim'],
    ['command: [sh, main.sh]', 'node:20-slim'],
  ])('of a plugin with `%s` starts from %s', async (program, base) => {
    expect(defaultBase(await plugin(program, {'index.js': ''}))).toBe(base)
  })
})

describe('the image of a TypeScript plugin', () => {
  it('gets the compiled entry point beside its source, the same on every machine', async () => {
    const files = {
      'src/index.ts':
        "import {defineAction} from '@autokestra/plugin-sdk'\nimport pad from 'left-pad'\nimport {n} from './n.ts'\nexport const run = defineAction({execute: () => [pad, n, import.meta.url]})\n",
      'src/n.ts': 'export const n: number = 1\n',
      'package.json': '{"dependencies": {"left-pad": "1"}}',
      'node_modules/left-pad/package.json': '{"name": "left-pad", "main": "index.js"}',
      'node_modules/left-pad/index.js': 'module.exports = 1\n',
    }
    const [first, second] = [await plugin('main: src/index.ts', files), await plugin('main: src/index.ts', files)]
    const sources = [await sourceOf(first), await sourceOf(second)]
    const [built] = sources.map(({added}) => added.find((file) => file.path === 'src/index.ts.mjs')?.content.toString() ?? '')
    expect(built).toContain('from "left-pad"')
    expect(built).toContain('from "file:///autokestra/index.js"')
    expect(built).toContain('"file:///plugin/src/index.ts"')
    expect(built).not.toContain(first.dir)
    expect(Buffer.from(built?.split('base64,')[1] ?? '', 'base64').toString()).not.toContain(first.dir)
    expect(sources[0]?.digest).toBe(sources[1]?.digest)
  })

  it('is not made of source that does not compile', async () => {
    const broken = await plugin('main: index.ts', {'index.ts': 'export const = 1\n'})
    await expect(sourceOf(broken)).rejects.toMatchObject({code: 'PLUGIN_INVALID', diagnostics: [{line: 1}]})
  })
})

describe('the name of an image', () => {
  it('holds namespace, name, version and the beginning of the digest', async () => {
    const {reference, digest} = await sourceOf(await plugin('main: index.js', {'index.js': ''}))
    expect(reference).toBe(`autokestra/acme-tool:1.2.3_build.7-${digest.slice(0, 12)}`)
  })

  it('changes with the SDK for SDK plugins, and not for others', async () => {
    const sdk = await plugin('main: index.js', {'index.js': ''})
    const plain = await plugin('command: [sh, main.sh]', {'main.sh': ''})
    const [one, two] = [sdkDir('1'), sdkDir('2')]
    expect((await sourceOf(sdk, {sdk: one})).digest).not.toBe((await sourceOf(sdk, {sdk: two})).digest)
    expect((await sourceOf(plain, {sdk: one})).digest).toBe((await sourceOf(plain, {sdk: two})).digest)
  })
})

describe("a plugin's own Dockerfile", () => {
  const text = '# syntax=docker/dockerfile:1\nFROM node:20-slim\nCOPY . /plugin\nUSER node\n'

  it.each(['Dockerfile', 'dockerfile'])('by the name %s is used as it is', async (name) => {
    const own = await plugin('main: index.js', {'index.js': '', [name]: text, '.dockerignore': '*\n'})
    const source = await sourceOf(own, {baseImage: 'elsewhere'})
    expect(source.dockerfile).toEqual({isOwn: true, path: name, text})
    expect(source.entries.map((entry) => entry.path)).toEqual([name, 'plugin.yaml'])
    expect(source.withBase('another').digest).toBe(source.digest)
    expect(source.warnings).toEqual([])
  })

  it('counts in its first spelling, and another spelling is told of', async () => {
    const both = await plugin('main: index.js', {'index.js': '', Dockerfile: text, dockerfile: 'FROM scratch\n'})
    expect((await sourceOf(both)).dockerfile.path).toBe('Dockerfile')
    const misnamed = await plugin('main: index.js', {'index.js': '', DockerFile: text})
    const source = await sourceOf(misnamed)
    expect(source.dockerfile.isOwn).toBe(false)
    expect(source.warnings).toMatchObject([{code: 'dockerfile-misnamed'}])
  })

  it('that is empty is none: a shell makes it before `--print > Dockerfile` runs', async () => {
    const own = await plugin('main: index.js', {'index.js': '', Dockerfile: '\n'})
    expect((await sourceOf(own)).dockerfile.isOwn).toBe(false)
  })

  it('that leads out of the directory is refused; a link within it is not', async () => {
    const own = await plugin('main: index.js', {'index.js': '', 'docker/image': text})
    writeFileSync(path.join(own.dir, '..', 'outside'), text)
    symlinkSync('docker/image', path.join(own.dir, 'Dockerfile'))
    expect(findOwnDockerfile(own.dir)?.text).toBe(text)
    const other = await plugin('main: index.js', {'index.js': ''})
    symlinkSync('../outside', path.join(other.dir, 'Dockerfile'))
    writeFileSync(path.join(other.dir, '..', 'outside'), text)
    await expect(sourceOf(other)).rejects.toThrow(WorkflowError)
    await expect(sourceOf(other)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('points outside') as unknown,
    })
  })

  it('that is a directory is refused', async () => {
    const own = await plugin('main: index.js', {'index.js': '', 'Dockerfile/x': ''})
    await expect(sourceOf(own)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('is a directory') as unknown,
    })
  })

  it.each([
    ['FROM node:20-slim\nUSER node\n', []],
    ['FROM node@sha256:0123\nUSER 1000:1000\n', []],
    ['FROM node AS build\nFROM scratch\nCOPY --from=build /a /a\nUSER 1\n', ['base-not-pinned']],
    ['FROM --platform=linux/amd64 node:latest\nUSER node\n', ['base-not-pinned']],
    ['FROM localhost:5000/node\nUSER node\n', ['base-not-pinned']],
    ['ARG BASE=x\nFROM $BASE\nUSER node\n', []],
    ['FROM node:20 AS base\nUSER node\nFROM base\n', []],
    ['FROM node:20\n', ['image-user-root']],
    ['FROM node:20\nUSER node\nUSER root\n', ['image-user-root']],
    ['FROM node:20\nUSER 0:0\n', ['image-user-root']],
    ['FROM node:20\nUSER node\nFROM node:20\n', ['image-user-root']],
    ['from node:20\nuser node\nadd https://example.com/x /x\n', ['unchecked-download']],
    ['FROM node:20\n# USER root\nRUN a \\\n  USER root\nUSER node\n', []],
  ])('%j has the warnings %j', (dockerfile, codes) => {
    expect(checkDockerfile(dockerfile, 'Dockerfile').map(({code}) => code)).toEqual(codes)
  })
})
