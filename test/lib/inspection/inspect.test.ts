import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {parseDocument} from '../../../src/lib/documents/read-document.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {readWorkflowGrants} from '../../../src/lib/inspection/compare-grants.ts'
import {findPlugin} from '../../../src/lib/plugins/find-plugin.ts'
import type {EngineImage, ImageEngine} from '../../../src/lib/runtimes/image-engine.ts'
import {imageLabels} from '../../../src/lib/images/image-identity.ts'
import {inspectPlugin, type PluginInspection} from '../../../src/lib/inspection/inspect.ts'
import {listPlugins} from '../../../src/lib/inspection/list-plugins.ts'
import {PluginImages} from '../../../src/lib/images/plugin-images.ts'
import {requireImages} from '../../../src/lib/images/require-images.ts'
import {managerOf, writeFiles, writePlugin} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** An engine that holds images and builds none. */
function engineWith(images: readonly EngineImage[]): ImageEngine {
  return {
    listImages: (labels) =>
      Promise.resolve(
        images.filter((image) => Object.entries(labels).every(([name, value]) => value === '' || image.labels[name] === value)),
      ),
    build: () => {
      throw new Error('nothing is built here')
    },
    removeImage: () => Promise.resolve(),
  }
}

function imagesIn(engine: Promise<ImageEngine>): PluginImages {
  engine.catch(() => undefined)
  return new PluginImages({openEngine: () => engine, sdkDir: temporaryDir(), cacheDir: temporaryDir(), programVersion: '1'})
}

const noEngine = (): Promise<ImageEngine> => Promise.reject(new WorkflowError('DOCKER_UNAVAILABLE', 'no Docker here'))

/** Inspects `acme/tool` with more lines in its manifest, and more files. */
async function inspect(
  manifest: string,
  options: {files?: Readonly<Record<string, string>>; workflow?: string; engine?: Promise<ImageEngine>} = {},
): Promise<PluginInspection> {
  const paths = temporaryDir()
  const text = `namespace: acme\nname: tool\nversion: 1.0.0\ncommand: [sh, main.sh]\n${manifest}\nactions: [{name: run}]\n`
  writeFiles(path.join(paths, 'tool'), {'plugin.yaml': text, 'main.sh': '', ...options.files})
  const found = findPlugin(await managerOf([paths], temporaryDir()).list(), 'acme/tool')
  const document = options.workflow === undefined ? undefined : await parseDocument(options.workflow, 'w.yaml')
  const grants = document === undefined ? undefined : readWorkflowGrants(document)
  return await inspectPlugin(found, imagesIn(options.engine ?? noEngine()), grants)
}

function codes({warnings}: {readonly warnings: readonly {readonly code: string}[]}): string[] {
  return warnings.map(({code}) => code)
}

describe('ten manifests, from harmless to reckless', () => {
  it.each<[title: string, manifest: string, warnings: string[]]>([
    ['needs nothing', '', []],
    ['talks to one path of one host', 'capabilities: [network]\npermissions: {network: ["https://api.example.com/v1/*"]}', []],
    ['reads and writes its own directories', 'capabilities: [filesystem]\npermissions: {filesystem: {read: [./in], write: [./out]}}', []],
    ['does not say what it does', 'capabilities: [network, filesystem]', ['capability-mismatch', 'capability-mismatch']],
    ['does more than it says', 'permissions: {network: ["https://api.example.com"]}', ['capability-mismatch']],
    ['speaks in the clear', 'capabilities: [network]\npermissions: {network: ["http://api.example.com"]}', ['unencrypted']],
    [
      'rewrites the project',
      'capabilities: [filesystem]\npermissions: {filesystem: {write: [., .git]}}',
      ['project-writable', 'git-directory'],
    ],
    [
      'talks to everybody',
      'capabilities: [network]\npermissions: {network: ["https://*", "https://*.com"]}',
      ['any-host', 'wildcard-too-wide'],
    ],
    [
      'carries data away',
      'capabilities: [network, filesystem]\npermissions: {network: ["https://pastebin.com"], filesystem: {read: [~/.ssh]}}',
      ['drop-place', 'secret-directory'],
    ],
    [
      'wants it all',
      'capabilities: [network, filesystem]\npermissions: {network: ["http://*", "https://10.0.0.1"], filesystem: {read: [/, "~"], write: [/etc, ../..]}}',
      ['unencrypted', 'any-host', 'private-address', 'whole-disk', 'home-directory', 'system-directory', 'outside-project'],
    ],
  ])('one that %s', async (_title, manifest, warnings) => {
    const inspection = await inspect(manifest)
    expect(codes(inspection)).toEqual(warnings)
    for (const warning of inspection.warnings) expect(warning.severity).toBe('warning')
  })
})

describe('an inspection', () => {
  it('shows the inputs and outputs of actions as fields', async () => {
    const paths = temporaryDir()
    const text = `namespace: acme
name: tool
version: 1.0.0
command: [sh, main.sh]
actions:
  - name: run
    timeout: 30s
    input:
      type: object
      required: [url]
      properties:
        url: {type: string, description: Where to.}
        mode: {enum: [fast, safe], default: safe}
        tags: {type: array, items: {type: string}}
        anything: {}
        either: {type: [string, 'null']}
    output: {type: array}
`
    writeFiles(path.join(paths, 'tool'), {'plugin.yaml': text, 'main.sh': ''})
    const {actions} = await inspectPlugin(findPlugin(await managerOf([paths], temporaryDir()).list(), 'tool'), imagesIn(noEngine()))
    expect(actions).toEqual([
      {
        name: 'run',
        timeoutMs: 30_000,
        idempotent: false,
        inputs: [
          {name: 'url', type: 'text', isRequired: true, description: 'Where to.'},
          {name: 'mode', type: '"fast" or "safe"', isRequired: false, default: 'safe'},
          {name: 'tags', type: 'list of text', isRequired: false},
          {name: 'anything', type: 'anything', isRequired: false},
          {name: 'either', type: 'text or nothing', isRequired: false},
        ],
        output: [],
      },
    ])
  })

  it('tells the state of the image, and of none when there is nobody to ask', async () => {
    expect((await inspect('')).image).toMatchObject({state: 'unknown', reason: 'no Docker here', dockerfile: 'generated'})
    expect((await inspect('', {engine: Promise.resolve(engineWith([]))})).image).toMatchObject({state: 'absent'})
    const labels = {[imageLabels.plugin]: 'acme/tool', [imageLabels.digest]: 'of other files'}
    const other = {id: 'sha256:1', tags: [], labels, createdAt: 1, sizeBytes: 1}
    expect((await inspect('', {engine: Promise.resolve(engineWith([other]))})).image).toMatchObject({state: 'stale', imageId: 'sha256:1'})
  })

  it('says of a plugin that starts no program that it needs no image, and makes none', async () => {
    const paths = temporaryDir()
    writeFiles(path.join(paths, 'own'), {
      'plugin.yaml': 'namespace: core\nname: own\nversion: 1.0.0\nprotocol: builtin\nactions: [{name: run}]\n',
    })
    const manager = managerOf(['/no/project', '/no/user', paths], temporaryDir())
    const found = findPlugin(await manager.list(), 'core/own')
    const images = imagesIn(Promise.resolve(engineWith([])))
    expect(await inspectPlugin(found, images)).toMatchObject({protocol: 'builtin', image: {state: 'none'}, warnings: []})
    expect((await listPlugins(manager, images)).plugins.map(({entry, image}) => [entry.state, image])).toEqual([['ok', undefined]])
    await expect(images.build(found.plugin)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Plugin "core/own" needs no image: its actions start no program.',
    })
  })

  it('warns of what is in the Dockerfile and of secrets among the files', async () => {
    const inspection = await inspect('', {files: {Dockerfile: 'FROM node\n', '.env': 'A=1'}})
    expect(inspection.image).toMatchObject({dockerfile: 'own'})
    expect(codes(inspection)).toEqual(['base-not-pinned', 'image-user-root', 'secret-file'])
  })

  it('says why there can be no image', async () => {
    const inspection = await inspect('', {files: {'Dockerfile/x': ''}})
    expect(inspection.image.state).toBe('unbuildable')
    expect(codes(inspection)).toEqual(['unbuildable'])
  })

  it('names a file whose name is not UTF-8, as do a build, a list and a run', async () => {
    const paths = temporaryDir()
    const dir = writePlugin(path.join(paths, 'tool'), 'acme/tool')
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/b`), Buffer.from([0xff]), Buffer.from('.txt')]), 'x')
    const manager = managerOf([paths], temporaryDir())
    const entry = findPlugin(await manager.list(), 'tool')
    const {plugin} = entry
    const older = {id: 'sha256:1', tags: [], labels: {[imageLabels.plugin]: 'acme/tool'}, createdAt: 1, sizeBytes: 1}
    const images = imagesIn(Promise.resolve(engineWith([older])))

    const named = expect.stringMatching(/^b\\xff\.txt has a name that is not UTF-8/) as unknown
    const refused = {code: 'BUILD_FAILED', diagnostics: [{code: 'name-not-utf8', message: named}]}
    await expect(images.build(plugin)).rejects.toMatchObject(refused)
    await expect(requireImages(images, [plugin])).rejects.toMatchObject(refused)
    const inspection = await inspectPlugin(entry, images)
    expect(inspection.image.state).toBe('unbuildable')
    expect(inspection.warnings).toMatchObject([{code: 'unbuildable'}, {code: 'name-not-utf8', message: named}])
    const {plugins} = await listPlugins(manager, images)
    expect(plugins).toMatchObject([{image: 'unbuildable', warnings: [{code: 'unbuildable'}, {code: 'name-not-utf8', message: named}]}])
  })
})

describe('beside a workflow', () => {
  const manifest =
    'capabilities: [network, filesystem]\npermissions: {network: ["https://api.example.com/v1/*"], filesystem: {read: [./data], write: [./out]}}'
  const workflow = (more: string, task = ''): string => `id: w\n${more}\ntasks:\n  - {id: t, type: acme/tool.run${task}}\n`

  it('that grants what is recommended there is nothing to say', async () => {
    const grants = 'permissions: {network: ["https://api.example.com/v1/*"], filesystem: {read: [data], write: [out]}}'
    const {workflow: use, ...inspection} = await inspect(manifest, {workflow: workflow(`security: restricted\n${grants}`)})
    expect(use).toMatchObject({security: 'restricted', tasks: ['t'], missing: [], unneeded: []})
    expect(codes(inspection)).toEqual([])
  })

  it('that grants too little, it says what', async () => {
    const {workflow: use, ...inspection} = await inspect(manifest, {
      workflow: workflow('security: restricted\npermissions: {network: ["https://api.example.com/v1/users"], filesystem: {read: [out]}}'),
    })
    expect(use).toMatchObject({
      missing: ['network https://api.example.com/v1/*', 'filesystem.read ./data', 'filesystem.write ./out'],
      unneeded: [],
    })
    expect(codes(inspection)).toEqual(['grant-missing'])
  })

  it('that grants too much, it says what, and how broad it is', async () => {
    const {workflow: use, ...inspection} = await inspect(manifest, {
      workflow: workflow('security: restricted\npermissions: {network: ["https://*"], filesystem: {write: [.]}}'),
    })
    expect(use).toMatchObject({missing: [], unneeded: ['network https://*', 'filesystem.write .']})
    expect(codes(inspection)).toEqual(['any-host', 'project-writable', 'grant-unneeded'])
  })

  it('that is trusted, it says that permissions are not enforced', async () => {
    const inspection = await inspect('', {workflow: workflow('')})
    expect(inspection.workflow?.security).toBe('trusted')
    expect(codes(inspection)).toEqual(['not-enforced'])
  })

  it('that has no task of the plugin, it says so', async () => {
    const inspection = await inspect('', {workflow: 'id: w\nsecurity: restricted\ntasks: [{id: t, type: acme/tools.run}]\n'})
    expect(codes(inspection)).toEqual(['unused-plugin'])
  })

  it('the grants of a task count for it', async () => {
    const inspection = await inspect(manifest, {
      workflow: workflow('security: restricted\npermissions: {network: ["https://*"]}', ', permissions: {network: []}'),
    })
    expect(inspection.workflow?.missing).toHaveLength(3)
    expect(codes(inspection)).toEqual(['grant-missing'])
  })
})

describe('the name of a plugin', () => {
  it('may be short when only one has it', async () => {
    const paths = temporaryDir()
    for (const id of ['acme/tool', 'acme/other', 'beta/other']) writePlugin(path.join(paths, id.replace('/', '-')), id)
    writeFiles(path.join(paths, 'broken'), {'plugin.yaml': 'namespace: acme\nname: broken\n'})
    const entries = await managerOf([paths], temporaryDir()).list()
    const failure = (name: string): unknown => {
      try {
        return findPlugin(entries, name)
      } catch (error) {
        return error
      }
    }
    expect(findPlugin(entries, 'tool').plugin.id).toBe('acme/tool')
    expect(findPlugin(entries, 'beta/other').plugin.id).toBe('beta/other')
    expect(failure('other')).toMatchObject({code: 'USAGE', message: expect.stringContaining('acme/other, beta/other') as unknown})
    expect(failure('tol')).toMatchObject({code: 'PLUGIN_NOT_FOUND', hint: 'did you mean "tool"?'})
    expect(failure('acme/tol')).toMatchObject({code: 'PLUGIN_NOT_FOUND', hint: 'did you mean "acme/tool"?'})
    expect(failure('nothing-like-it')).toMatchObject({code: 'PLUGIN_NOT_FOUND', hint: 'workflow plugin list'})
    expect(failure('broken')).toMatchObject({code: 'PLUGIN_INVALID', diagnostics: expect.arrayContaining([expect.anything()]) as unknown})
  })
})
