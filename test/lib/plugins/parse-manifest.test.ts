import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {parseDocument} from '../../../src/lib/documents/read-document.ts'
import type {ManifestRecord} from '../../../src/lib/plugins/manifest-cache.ts'
import {parseManifest} from '../../../src/lib/plugins/parse-manifest.ts'

const schemas = new SchemaCompiler()

async function parse(text: string): Promise<ManifestRecord> {
  return await parseManifest(await parseDocument(text, 'plugin.yaml'), schemas)
}

const head = 'namespace: acme\nname: tool\nversion: 1.0.0\n'
const valid = `${head}main: index.js\nactions:\n  - name: run\n`

/** `line:column message` of each error. */
function errors(record: ManifestRecord): string[] {
  return record.diagnostics
    .filter(({severity}) => severity === 'error')
    .map((found) => `${String(found.line)}:${String(found.column)} ${found.message}`)
}

describe('a valid manifest', () => {
  it('is what the documentation shows', async () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/plugins/manifest.md'), 'utf8')
    const [whole, exec] = [...text.matchAll(/^( *)```yaml\n([^]*?)^\1```$/gm)].map(([, indent = '', code = '']) =>
      code.replaceAll(`\n${indent}`, '\n').trimStart(),
    )
    expect((await parse(whole ?? '')).diagnostics).toEqual([])
    expect((await parse(head + (exec ?? ''))).diagnostics).toEqual([])
  })

  it('gets defaults for all it does not say', async () => {
    expect(await parse(valid)).toEqual({
      id: 'acme/tool',
      diagnostics: [],
      entryPoints: [{kind: 'main', path: 'index.js', at: ['main']}],
      manifest: {
        namespace: 'acme',
        name: 'tool',
        version: '1.0.0',
        main: 'index.js',
        protocol: 'sdk',
        worker: 'single',
        strictStdout: false,
        capabilities: [],
        permissions: {},
        actions: [{name: 'run', idempotent: false, literalInputs: []}],
      },
    })
  })

  it('keeps everything it says', async () => {
    const {manifest, diagnostics} = await parse(`${head}description: d
author: a
license: MIT
main: src/index.ts
worker: reuse
capabilities: [network]
permissions: {network: ["https://*"], filesystem: {read: [./data], write: [./out]}}
actions:
  - name: get-it
    description: gets it
    input: {type: object, required: [url], properties: {url: {type: string}}}
    output: {type: object}
    timeout: 1m
    idempotent: true
    literalInputs: [url]
`)
    expect(diagnostics).toEqual([])
    expect(manifest).toMatchObject({
      description: 'd',
      author: 'a',
      license: 'MIT',
      main: 'src/index.ts',
      protocol: 'sdk',
      worker: 'reuse',
      capabilities: ['network'],
      permissions: {network: ['https://*'], filesystem: {read: ['./data'], write: ['./out']}},
      actions: [
        {
          name: 'get-it',
          description: 'gets it',
          input: {type: 'object', required: ['url'], properties: {url: {type: 'string'}}},
          output: {type: 'object'},
          timeoutMs: 60_000,
          idempotent: true,
          literalInputs: ['url'],
        },
      ],
    })
  })

  it('speaks the plain protocol when it has a command', async () => {
    const {manifest} = await parse(`${head}command: [python3, main.py]\nactions: [{name: run}]\n`)
    expect(manifest).toMatchObject({protocol: 'plain', command: ['python3', 'main.py']})
  })

  it('checks the conditions of a group of arguments', async () => {
    const exec = (item: string) =>
      `${head}protocol: exec\nactions:\n  - {name: run, input: {type: object, properties: {level: {}}}, exec: [ls, ${item}]}\n`
    expect((await parse(exec("{when: {level: [1, a, true]}, args: [-l, '{{ inputs.level }}']}"))).diagnostics).toEqual([])
    for (const [item, message] of [
      ['{when: {levle: 1}, args: [-l]}', 'exec refers to "levle", which is not a property of the action\'s input schema'],
      ["{when: {level: 1}, args: ['x{{ inputs.level }}']}", 'exec item must be plain text or one whole reference: x{{ inputs.level }}'],
    ] as const) {
      const {diagnostics} = await parse(exec(item))
      expect(diagnostics.map((found) => found.message)).toEqual([message])
    }
    for (const item of ['{when: {}, args: [a]}', '{args: [a]}', '{when: {level: {}}, args: [a]}', '{when: {level: 1}, args: []}'])
      expect((await parse(exec(item))).diagnostics).not.toEqual([])
  })

  it('gives each action of protocol exec its command line', async () => {
    const {manifest, diagnostics} = await parse(`${head}protocol: exec
actions:
  - name: run
    input: {type: object, properties: {shell: {type: string}, command: {type: string}}}
    exec: ["{{ inputs.shell }}", ["-c", "{{inputs.command}}"], "--"]
`)
    expect(diagnostics).toEqual([])
    expect(manifest?.actions[0]?.exec).toEqual(['{{ inputs.shell }}', ['-c', '{{inputs.command}}'], '--'])
  })

  it.each(['1.0.0-beta+x', '0.0.0', '1.0.0-0.3.7', '1.2.3+build.5', '10.20.30-alpha-a.b-c'])('accepts the version %s', async (version) => {
    expect((await parse(valid.replace('1.0.0', version))).diagnostics).toEqual([])
  })
})

describe('names and versions', () => {
  it.each(['../../x', 'a/b', 'CON', 'My-Plugin', 'a_b', 'a--b', '-a', 'a-', '1a', 'tool‐x', 'a b'])('refuses the name %j', async (name) => {
    const record = await parse(valid.replace('name: tool', `name: ${JSON.stringify(name)}`))
    expect(errors(record)).toEqual(['2:7 name must be kebab-case'])
    expect(record.manifest).toBeUndefined()
    expect(record.id).toBeUndefined()
  })

  it('refuses a name of 300 characters and one that Windows keeps for a device', async () => {
    expect(errors(await parse(valid.replace('tool', 'a'.repeat(300))))).toEqual(['2:7 name must be at most 64 characters long'])
    expect(errors(await parse(valid.replace('tool', 'con')))).toEqual([
      '2:7 name must not be "con": Windows reserves that name for a device',
    ])
  })

  it.each([
    ['1.0', 'did you mean "1.0.0"?'],
    ['v1.0.0', 'did you mean "1.0.0"?'],
    ['"1"', 'did you mean "1.0.0"?'],
    ['01.0.0', 'did you mean "1.0.0"?'],
    ['1.0.0-', undefined],
    ['latest', undefined],
    [`1.0.0-${'0'.repeat(300)}`, undefined],
  ])('refuses the version %s', async (version, hint) => {
    const text = version === '1.0' ? '"1.0"' : version
    const {diagnostics} = await parse(valid.replace('1.0.0', text))
    expect(diagnostics).toMatchObject([
      {code: 'invalid-version', message: 'version must be valid semver (e.g. 1.0.0)', file: 'plugin.yaml', line: 3},
    ])
    expect(diagnostics[0]?.hint).toBe(hint)
  })

  it('says that a version written as a number is no text', async () => {
    expect(errors(await parse(valid.replace('1.0.0', '1.0')))).toEqual(['3:10 version must be a string, not a number'])
  })

  it('keeps the id of a manifest that is wrong elsewhere', async () => {
    const record = await parse(valid.replace('1.0.0', 'x'))
    expect(record.manifest).toBeUndefined()
    expect(record.id).toBe('acme/tool')
  })
})

describe('findings', () => {
  it('are all reported at once, in the order of the file', async () => {
    const record = await parse('namespace: A\nname: b_c\nversion: 1\nactions:\n  - name: X\n  - {}\n')
    expect(errors(record)).toEqual([
      '1:1 the manifest has neither main nor command',
      '1:12 namespace must be kebab-case',
      '2:7 name must be kebab-case',
      '3:10 version must be a string, not a number',
      '5:11 action name must be kebab-case',
      '6:5 missing property "name"',
    ])
  })

  it('warn of unknown fields with a suggestion and still give the manifest', async () => {
    const {manifest, diagnostics} = await parse(`${head}mian: x\nmain: index.js\nactions:\n  - name: run\n    descripton: x\n`)
    expect(manifest).toBeDefined()
    expect(diagnostics).toMatchObject([
      {severity: 'warning', code: 'unknown-property', message: 'unknown property "mian"', line: 4, column: 1, hint: 'did you mean "main"?'},
      {
        severity: 'warning',
        code: 'unknown-property',
        message: 'unknown property "descripton"',
        line: 8,
        hint: 'did you mean "description"?',
      },
    ])
  })

  it.each([
    [
      'both main and command',
      `${head}main: a.js\ncommand: [b]\nactions: [{name: run}]\n`,
      'main and command cannot be combined: a plugin starts in one way',
    ],
    ['neither main nor command', `${head}actions: [{name: run}]\n`, 'the manifest has neither main nor command'],
    [
      'main beside protocol exec',
      `${head}main: a.js\nprotocol: exec\nactions: [{name: run, exec: [ls]}]\n`,
      'main cannot be combined with protocol exec: each action has its own command line',
    ],
    [
      'an action without exec',
      `${head}protocol: exec\nactions: [{name: run}]\n`,
      'the action needs exec: with protocol exec each action names its command line',
    ],
    ['exec with another protocol', `${head}main: a.js\nactions: [{name: run, exec: [ls]}]\n`, 'exec needs `protocol: exec`'],
    [
      'a reference inside of text',
      `${head}protocol: exec\nactions: [{name: run, exec: ["x{{ inputs.a }}"]}]\n`,
      'exec item must be plain text or one whole reference: x{{ inputs.a }}',
    ],
    [
      'a reference to an unknown input',
      `${head}protocol: exec\nactions: [{name: run, exec: ["{{ inputs.a }}"]}]\n`,
      'exec refers to "a", which is not a property of the action\'s input schema',
    ],
    ['duplicate actions', `${head}main: a.js\nactions: [{name: run}, {name: run}]\n`, 'duplicate action name "run"'],
    ['no actions', `${head}main: a.js\nactions: []\n`, 'actions must not be empty'],
    ['a bad duration', `${head}main: a.js\nactions: [{name: run, timeout: soon}]\n`, 'timeout is not a duration: soon'],
    [
      'reuse without the SDK',
      `${head}command: [a]\nworker: reuse\nactions: [{name: run}]\n`,
      'worker reuse requires protocol sdk: with the others, a process ends after one task',
    ],
    [
      'an unknown literal input',
      `${head}main: a.js\nactions: [{name: run, literalInputs: [x]}]\n`,
      'literalInputs names "x", which is not a property of the action\'s input schema',
    ],
    [
      'a wrong protocol',
      `${head}main: a.js\nprotocol: skd\nactions: [{name: run}]\n`,
      'protocol must be one of "sdk", "plain", "exec", "builtin"',
    ],
    ['a document that is no map', `[1, 2]\n`, 'the document must be a map, not a list'],
  ])('name %s', async (_, text, message) => {
    const record = await parse(text)
    expect(record.diagnostics.map((found) => found.message)).toEqual([message])
    expect(record.manifest).toBeUndefined()
  })

  it.each([
    ['main: ../../bin/sh', "main must not leave the plugin's directory: ../../bin/sh"],
    ['main: a/../../x.js', "main must not leave the plugin's directory: a/../../x.js"],
    ['main: /bin/x.js', "main must be relative to the plugin's directory, not absolute: /bin/x.js"],
    ['main: index.py', 'main must be a JavaScript or TypeScript file (.js, .mjs, .cjs, .ts, .mts, .cts): index.py'],
    ['command: [../../bin/sh]', "command must not leave the plugin's directory: ../../bin/sh"],
    ['command: [/bin/sh]', "command must be relative to the plugin's directory, not absolute: /bin/sh"],
    ['command: [python3, ../other/main.py]', "command must not leave the plugin's directory: ../other/main.py"],
    ['command: ["a\\0b"]', 'command must not contain a NUL character'],
  ])('refuse the entry point of `%s`', async (line, message) => {
    expect((await parse(`${head}${line}\nactions: [{name: run}]\n`)).diagnostics.map((found) => found.message)).toEqual([message])
  })

  it.each([
    ['a remote reference', '{$ref: "https://example.com/x.json"}', 'points outside the schema'],
    ['a pattern that can take for ever', '{properties: {a: {pattern: "(?=(a+)+)b"}}}', 'can take very long'],
    ['a type that does not exist', '{type: strng}', 'this is not a valid JSON Schema'],
  ])('refuse an input schema with %s, naming the action', async (_, schema, message) => {
    const {diagnostics} = await parse(`${head}main: a.js\nactions:\n  - name: run\n    input: ${schema}\n`)
    expect(diagnostics).toMatchObject([{severity: 'error', code: 'invalid-schema', line: 7}])
    expect(diagnostics[0]?.message).toMatch(/^the input schema of action "run" cannot be used: /)
    expect(diagnostics[0]?.message).toContain(message)
  })

  it('treat names of the prototype as unknown fields', async () => {
    const {manifest, diagnostics} = await parse(`${valid}__proto__: {main: x}\nconstructor: 1\n`)
    expect(diagnostics.map(({message}) => message)).toContain('unknown property "constructor"')
    expect(manifest?.main).toBe('index.js')
  })
})
