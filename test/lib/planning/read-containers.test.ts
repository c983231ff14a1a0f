// Which tasks get a container, what is mounted in it, and what the file is told when it asks for something that cannot be.

import {mkdirSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {noPermissions} from '../../../src/lib/permissions/permissions.ts'
import {readContainers} from '../../../src/lib/planning/containers/read-containers.ts'
import type {FoundActions} from '../../../src/lib/planning/find-actions.ts'
import {draftOf} from '../../rig/draft.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const facts = {programHome: '/no/home', sockets: [], pluginDirs: [], configFiles: []}
const action = (protocol: string, literalInputs: readonly string[] = [], main = 'dist/index.js'): unknown => ({
  plugin: {id: protocol, manifest: {protocol, main}},
  action: {literalInputs},
})
const actions = new Map([
  ['shell', action('exec')],
  ['plain', action('plain')],
  ['sdk', action('sdk')],
  ['python', action('plain', ['script'])],
  ['node', action('sdk', ['script'])],
  ['typescript', action('sdk', ['script'], 'index.ts')],
]) as unknown as FoundActions

interface Read {
  readonly containers: Readonly<Record<string, unknown>>
  readonly codes: readonly string[]
  readonly messages: readonly string[]
}

function read(value: object, dir = '/project'): Read {
  const grants = {workflow: noPermissions, tasks: new Map()}
  const {value: containers, findings} = readContainers(draftOf(value), {actions, grants, dir, facts})
  const {diagnostics} = findings
  return {
    containers: Object.fromEntries(containers),
    codes: diagnostics.map(({code}) => code),
    messages: diagnostics.map(({message}) => message),
  }
}

const shell = (more: object = {}, id = 't'): object => ({id, type: 'shell', ...more})
const plain = {mounts: [], network: 'bridge', pull: 'missing'}

describe('a container', () => {
  it.each<[string, object, object]>([
    [
      'of the workflow is for commands and scripts only',
      {
        container: 'alpine',
        tasks: [shell(), ...['sdk', 'plain', 'python', 'node', 'typescript'].map((type) => ({id: type, type}))],
      },
      {t: {image: 'alpine', ...plain}, python: {image: 'alpine', ...plain}, node: {image: 'alpine', ...plain}},
    ],
    ['of a task may be for any program', {tasks: [{id: 'p', type: 'plain', container: 'alpine:3'}]}, {p: {image: 'alpine:3', ...plain}}],
    ['can be left by a task', {container: {image: 'alpine'}, tasks: [shell({container: false}), shell({container: null}, 'u')]}, {}],
    [
      'of a task changes single keys',
      {
        container: {image: 'alpine', network: 'none', user: 5, pull: 'never'},
        tasks: [shell({container: {image: 'node:22', workdir: '/x'}})],
      },
      {t: {image: 'node:22', mounts: [], network: 'none', user: '5', pull: 'never', workdir: '/x'}},
    ],
    ['has templates in its image', {container: 'node:{{ vars.v }}', tasks: [shell()]}, {t: {image: 'node:{{ vars.v }}', ...plain}}],
    [
      'of a restricted workflow has no network',
      {security: 'restricted', container: 'alpine', tasks: [shell()]},
      {t: {image: 'alpine', ...plain, network: 'none'}},
    ],
  ])('%s', (_title, value, expected) => {
    expect(read(value)).toEqual({containers: expected, codes: [], messages: []})
  })

  it.each<[string, object, string, RegExp]>([
    ['for what is no program', {tasks: [{id: 's', type: 'sdk', container: 'alpine'}]}, 'not-in-container', /sdk is not a program/],
    ['without an image', {tasks: [shell({container: {network: 'none'}})]}, 'no-image', /has no image/],
    ['of a workflow without an image', {container: {network: 'none'}, tasks: [{id: 's', type: 'sdk'}]}, 'no-image', /has no image/],
    ['that is true', {tasks: [shell({container: true})]}, 'no-image', /names no image/],
    ['with a capital letter', {container: 'Python:3.12', tasks: [{id: 's', type: 'sdk'}]}, 'bad-image', /'Python:3.12' is not/],
    ['that is a command', {container: 'alpine; rm -rf /', tasks: [{id: 's', type: 'sdk'}]}, 'bad-image', /not the name of an image/],
    [
      'over the whole image',
      {tasks: [shell({container: {image: 'a', mounts: ['/tmp:/']}})]},
      'bad-mount',
      /nothing can be mounted at '\/'/,
    ],
    ['over its processes', {tasks: [shell({container: {image: 'a', mounts: ['/tmp:/proc/1']}})]}, 'bad-mount', /'\/proc\/1'/],
    ['with a mount of one part', {tasks: [shell({container: {image: 'a', mounts: ['./data']}})]}, 'bad-mount', /'\.\/data' is not a mount/],
    ['with a mode that is none', {tasks: [shell({container: {image: 'a', mounts: ['./a:/a:rx']}})]}, 'bad-mount', /is not a mount/],
    [
      'with a source that is not there',
      {tasks: [shell({container: {image: 'a', mounts: ['./nowhere:/a']}})]},
      'mount-missing',
      /does not exist/,
    ],
    [
      'with the settings of the machine',
      {tasks: [shell({container: {image: 'a', mounts: ['/etc:/a:ro']}})]},
      'permission-refused',
      /'\/etc' holds the settings.*never mounted/,
    ],
    [
      'with the socket of the engine',
      {tasks: [shell({container: {image: 'a', mounts: ['/var/run/docker.sock:/s']}})]},
      'permission-refused',
      /never mounted/,
    ],
    [
      'in a directory that hides the image',
      {workingDir: '/usr', container: 'a', tasks: [shell()]},
      'bad-mount',
      /would hide what the image has there/,
    ],
    [
      'with a network, restricted',
      {security: 'restricted', tasks: [shell({container: {image: 'a', network: 'bridge'}})]},
      'permission-refused',
      /permissions\.network/,
    ],
    [
      'with a user, restricted',
      {security: 'restricted', tasks: [shell({container: {image: 'a', user: 'root'}})]},
      'permission-refused',
      /runs as you/,
    ],
  ])('%s is refused', (_title, value, code, message) => {
    const {codes, messages} = read(value)
    expect(codes).toEqual([code])
    expect(messages[0]).toMatch(message)
  })

  it('gets what is written, by its real path', () => {
    const dir = realpathSync(temporaryDir())
    mkdirSync(path.join(dir, 'data'))
    mkdirSync(path.join(dir, '.git'))
    symlinkSync('data', path.join(dir, 'link'))
    const mounts = ['./link/:/in/:ro', 'data:/out', '.:/all']
    const {containers, codes} = read({container: {image: 'a', mounts}, tasks: [shell()]}, dir)
    expect(codes).toEqual([])
    expect(containers['t']).toMatchObject({
      mounts: [
        {source: path.join(dir, 'data'), target: '/in', isReadOnly: true},
        {source: path.join(dir, 'data'), target: '/out', isReadOnly: false},
        // It holds .git, which nothing else may write to; but it is in the container anyway.
        {source: dir, target: '/all', isReadOnly: false},
      ],
    })
  })

  it('that is restricted gets granted paths only', () => {
    const dir = realpathSync(temporaryDir())
    writeFileSync(path.join(dir, 'x'), '')
    const {codes} = read({security: 'restricted', container: {image: 'a', mounts: ['./x:/x:ro']}, tasks: [shell()]}, dir)
    expect(codes).toEqual(['permission-not-granted'])
  })

  it('with one mistake in its mounts has one finding, however many tasks it has', () => {
    const tasks = Array.from({length: 50}, (_, index) => shell({}, `t${String(index)}`))
    expect(read({container: {image: 'a', mounts: ['nonsense']}, tasks}).codes).toEqual(['bad-mount'])
  })
})
