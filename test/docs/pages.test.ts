// Every fenced block of the documentation is what it looks like: commands end as the page says, files are valid, programs compile.
// How a page says it stands in test/rig/doc-page.ts.

import {execFile} from 'node:child_process'
import {mkdirSync, readdirSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {describe, expect, it} from 'vitest'
import {parse, stringify} from 'yaml'
import {commandsInDocker, runPage} from '../rig/doc-commands.ts'
import {commandsOf, isCommands, readPage, type DocBlock, type DocPage} from '../rig/doc-page.ts'
import {DocProject} from '../rig/doc-project.ts'
import {writeFiles} from '../rig/plugin-dir.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, runWorkflow} from '../rig/workflow-command.ts'

const pages = [
  'README.md',
  'AGENTS.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...inside('docs', '*.md'),
  ...inside('docs/plugins', '*.md'),
  ...inside('docs/cookbook', '*.md'),
  ...inside('docs/migrating', '*.md'),
  'examples/README.md',
  'examples/extension/README.md',
  ...inside('plugins', '*/README.md'),
  'sdk/README.md',
].map((name) => readPage(name))

/** Their commands begin in a clone of the project; those of all other pages in an empty directory. */
const inClone = new Set(['README.md', 'CONTRIBUTING.md', 'docs/cli.md', 'examples/README.md', 'examples/extension/README.md'])

/** Commands that are not run here: the page, the command, and what runs it. */
const runElsewhere: readonly (readonly [page: string, command: string, by: string])[] = [
  ['README.md', 'npm ci', '.ci/run begins with it'],
  ['README.md', 'npm test', 'this is a part of it'],
  ['README.md', 'npm pack', 'test/packaging packs'],
  ['AGENTS.md', 'npm run check:fast', 'it runs tests itself'],
  ['AGENTS.md', 'npm run build', 'what runs here was built'],
  ['AGENTS.md', 'npx vitest run test/lib/templates', 'this is a part of it'],
  ['AGENTS.md', 'npm run walls', 'test/walls.test.ts runs it'],
  ['CONTRIBUTING.md', 'npm ci', '.ci/run begins with it'],
  ['CONTRIBUTING.md', 'npm run check:fast', 'it runs tests itself'],
  ['README.md', 'npm install -g ./autokestra-*.tgz', 'test/packaging installs into an empty prefix'],
  ['docs/plugins/images.md', 'workflow plugin build my/shout', 'test/docker builds images'],
  ['examples/extension/README.md', 'npm install --prefix examples/extension', 'it downloads what a clone has'],
  ['examples/extension/README.md', 'npm pack ./examples/extension', 'test/packaging packs the extension'],
  [
    'examples/extension/README.md',
    'workflow plugins install file:$PWD/autokestra-extension-example-1.0.0.tgz',
    'test/packaging installs it',
  ],
]

/** Pages with blocks that name no language, and the test that reads them. */
const readElsewhere = new Map([['docs/templates.md', 'test/lib/templates/templates.test.ts evaluates them']])

const whole = {
  workflow: {id: 'part', tasks: [{id: 'task', type: 'core/console.log', inputs: {message: 'part'}}]},
  task: {id: 'task', type: 'core/console.log', inputs: {message: 'part'}},
  manifest: {namespace: 'part', name: 'part', version: '1.0.0', command: ['sh', 'main.sh'], actions: [{name: 'act'}]},
}

function inside(directory: string, pattern: '*.md' | '*/README.md'): string[] {
  const names = readdirSync(path.join(packageRoot, directory))
  return pattern === '*.md'
    ? names.filter((name) => name.endsWith('.md')).map((name) => `${directory}/${name}`)
    : names.map((name) => `${directory}/${name}/README.md`)
}

const isJson = ({language}: DocBlock): boolean => language === 'json' || language === 'ndjson'
const isProgram = ({language}: DocBlock): boolean => ['ts', 'js', 'py', 'sh'].includes(language)
const at = (page: DocPage, block: DocBlock): string => `${page.name}:${String(block.line)}`

function isLeftOut(page: DocPage, command: string): boolean {
  return runElsewhere.some(([name, text]) => name === page.name && text === command) || commandsInDocker(page).includes(command)
}

describe.each(pages)('$name', (page) => {
  it('has no block that nobody reads', () => {
    const unread = page.blocks.filter((block) => {
      if (isCommands(block) || isJson(block) || block.language === 'yaml') return false
      // Drawn from the code: test/docs/architecture.test.ts draws it again.
      if (block.language === 'mermaid') return page.name !== 'docs/architecture.md'
      if (isProgram(block)) return block.file === undefined
      return block.language !== '' || !readElsewhere.has(page.name)
    })
    expect(unread.map((block) => `${at(page, block)} \`\`\`${block.language}`)).toEqual([])
  })

  if (page.blocks.some(isCommands))
    it('has commands that end as it says', {timeout: 240_000}, async () => {
      const project = new DocProject({isClone: inClone.has(page.name)})
      await runPage(page, project, (command) => isLeftOut(page, command))
    })

  if (page.blocks.some(({language}) => language === 'yaml'))
    it('has YAML that is valid, as a whole or as the part it is', async () => {
      const dir = temporaryDir()
      const home = temporaryDir()
      const workflows: string[] = []
      const manifests: string[] = []
      for (const block of page.blocks) {
        if (block.file !== undefined) writeFiles(dir, {[block.file]: block.text})
        if (block.language !== 'yaml' || block.isForeign) continue
        const {file, value} = wholeDocument(block)
        const name = `line-${String(block.line)}`
        if (value.tasks !== undefined) {
          workflows.push(file ?? `${name}.yaml`)
          if (file === undefined) writeFiles(dir, {[`${name}.yaml`]: stringify(value)})
        } else if (value.actions !== undefined) {
          // The parts of one page may be called the same: each stands in a directory of its own.
          if (file === undefined)
            writeFiles(dir, {[`plugins/${name}/plugin.yaml`]: stringify({...value, name}), [`plugins/${name}/main.sh`]: ''})
          manifests.push(file ?? `plugins/${name}/plugin.yaml`)
        } else if (value.cases !== undefined) {
          // The commands of the page run it.
          expect(file, at(page, block)).toMatch(/\.test\.yaml$/)
        } else expect(file, `${at(page, block)}: neither a workflow nor a manifest; which file is it?`).toBe('autokestra.yaml')
      }
      if (workflows.length > 0) {
        const {exitCode, stdout} = await runWorkflow(['validate', ...new Set(workflows)], {cwd: dir, home})
        expect({exitCode, stdout}, stdout).toMatchObject({exitCode: 0})
        expect(stdout).not.toMatch(/\[(unknown-output|unused-var|never-runs|constant-comparison)\]/)
      }
      // Reads autokestra.yaml, too.
      const listed = await runWorkflow(['plugin', 'list', '--json'], {cwd: dir, home})
      expect(listed, listed.stdout).toMatchObject({exitCode: 0, stderr: ''})
      const found = JSON.parse(listed.stdout) as {origin: string; dir: string; state: string; diagnostics?: unknown}[]
      const own = found.filter(({origin}) => origin === 'project')
      expect(own.filter(({state}) => state !== 'ok')).toEqual([])
      expect(own.map((plugin) => path.relative(dir, plugin.dir)).sort()).toEqual(
        [...new Set(manifests.map((file) => path.dirname(file)))].sort(),
      )
    })

  const foreign = page.blocks.filter(({isForeign}) => isForeign)
  if (foreign.length > 0)
    it('has files of other programs that are recognised as such', async () => {
      const dir = temporaryDir()
      for (const block of foreign) {
        writeFiles(dir, {'foreign.yaml': block.text})
        const {exitCode, stdout} = await runWorkflow(['validate', 'foreign.yaml'], {cwd: dir, home: temporaryDir()})
        expect({exitCode, stdout}, at(page, block)).toEqual({
          exitCode: 3,
          stdout: expect.stringContaining('error[foreign-file]: this looks like') as string,
        })
      }
    })

  if (page.blocks.some(isJson))
    it('has JSON that is JSON', () => {
      for (const block of page.blocks.filter(isJson)) {
        const documents = block.language === 'json' ? [block.text] : block.text.trimEnd().split('\n')
        for (const text of documents) expect(() => JSON.parse(text) as unknown, at(page, block)).not.toThrow()
      }
    })
})

function wholeDocument(block: DocBlock): {file: string | undefined; value: Record<string, unknown>} {
  const value = parse(block.text) as Record<string, unknown>
  if (block.partOf === undefined) return {file: block.file, value}
  const completed = {...whole[block.partOf], ...value}
  if (block.partOf === 'manifest' && value.exec === undefined && (value.main !== undefined || value.protocol === 'exec')) {
    return {file: undefined, value: {...completed, command: undefined}}
  }
  return {file: undefined, value: block.partOf === 'task' ? {...whole.workflow, tasks: [completed]} : completed}
}

it('the table of commands that are not run here names those that there are, and no others', () => {
  const written = pages.flatMap((page) =>
    page.blocks
      .filter(isCommands)
      .flatMap(commandsOf)
      .flatMap(({text}) => text.split(' && '))
      .filter((command) => isLeftOut(page, command) && !commandsInDocker(page).includes(command))
      .map((command) => `${page.name}: ${command}`),
  )
  expect([...new Set(written)].sort()).toEqual(runElsewhere.map(([name, command]) => `${name}: ${command}`).sort())
})

it('programs in TypeScript agree with the types of the SDK', {timeout: 120_000}, async () => {
  const dir = temporaryDir()
  mkdirSync(path.join(dir, 'node_modules/@autokestra'), {recursive: true})
  symlinkSync(path.join(packageRoot, 'sdk'), path.join(dir, 'node_modules/@autokestra/plugin-sdk'))
  symlinkSync(path.join(packageRoot, 'node_modules/@types'), path.join(dir, 'node_modules/@types'))
  const files = pages.flatMap((page) =>
    page.blocks
      .filter(({language, file}) => language === 'ts' && file !== undefined)
      .map(({file = '', text}): [string, string] => [`${page.name.replaceAll('/', '-')}/${file}`, text]),
  )
  expect(files.length).toBeGreaterThan(2)
  writeFiles(dir, {'package.json': '{"type": "module"}', ...Object.fromEntries(files)})
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--allowImportingTsExtensions', '--types', 'node', '--skipLibCheck']
  const compiler = path.join(packageRoot, 'node_modules/typescript/bin/tsc')
  const {stdout} = await promisify(execFile)(process.execPath, [compiler, ...options, ...files.map(([file]) => file)], {cwd: dir}).catch(
    (error: unknown) => error as {stdout: string},
  )
  expect(stdout).toBe('')
})
