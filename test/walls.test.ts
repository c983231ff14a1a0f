// Proves that the import walls stand: each wrong import is planted in a copy of the project's shape and must be refused by its rule.

import {execFile} from 'node:child_process'
import {copyFileSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {temporaryDir} from './rig/temporary-dir.ts'
import {packageRoot} from './rig/workflow-command.ts'

/** A project with one file in each place that the rules know, and the given files besides. */
function plantProject(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDir()
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    copyFileSync(path.join(packageRoot, file), path.join(directory, file))
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(directory, 'node_modules'))
  const sound = {
    'src/cli.ts': "import {run} from './commands/run.ts'\nrun()\n",
    'src/commands/run.ts': "import {open} from '../lib/app/app.ts'\nexport const run = () => open()\n",
    'src/lib/app/app.ts':
      "import {decide} from '../engine/decide.ts'\nimport {rows} from '../storage/rows.ts'\nexport const open = () => [decide, rows]\n",
    'src/lib/engine/decide.ts':
      "import {text} from '../util/text.ts'\nexport const decide = () => text\nexport type Decide = typeof decide\n",
    'src/lib/storage/rows.ts': "import {decide} from '../engine/decide.ts'\nexport const rows = () => decide\n",
    'src/lib/util/text.ts': "export const text = ''\n",
  }
  for (const [file, text] of Object.entries({...sound, ...files})) {
    mkdirSync(path.dirname(path.join(directory, file)), {recursive: true})
    writeFileSync(path.join(directory, file), text)
  }
  return directory
}

function checkWalls(directory: string): Promise<{exitCode: number | null; output: string}> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [path.join(packageRoot, 'scripts', 'walls.mjs'), directory], (_error, stdout, stderr) => {
      resolve({exitCode: child.exitCode, output: stdout + stderr})
    })
  })
}

/** Which rule must refuse which file. Each file stands for itself, so one look at the project is enough. */
const wrong: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['room-engine', 'src/lib/engine/wrong.ts', "import {rows} from '../storage/rows.ts'\nexport const wrong = rows\n"],
  [
    'room-util',
    'src/lib/util/wrong.ts',
    "import type {Decide} from '../engine/decide.ts'\nexport const wrong = (decide: Decide) => decide\n",
  ],
  ['room-storage', 'src/lib/storage/wrong.ts', "import {style} from '../ui/terminal/style.ts'\nexport const wrong = style\n"],
  ['room-plugins', 'src/lib/plugins/wrong.ts', "import {start} from '../processes/process-runtime.ts'\nexport const wrong = start\n"],
  ['only-app-knows-all', 'src/lib/storage/wrong-app.ts', "import {open} from '../app/app.ts'\nexport const wrong = open\n"],
  ['commands-ask-the-app', 'src/commands/wrong.ts', "import {rows} from '../lib/storage/rows.ts'\nexport const wrong = rows\n"],
  ['cli-knows-no-domain', 'src/cli/wrong.ts', "export const wrong = async () => await import('../lib/storage/rows.ts')\n"],
  ['lib-knows-no-command', 'src/lib/ui/wrong.ts', "import {run} from '../../commands/run.ts'\nexport const wrong = run\n"],
  ['library-sql', 'src/lib/engine/wrong-sql.ts', "import Database from 'better-sqlite3'\nexport const wrong = Database\n"],
  ['library-processes', 'src/commands/wrong-spawn.ts', "import {spawn} from 'node:child_process'\nexport const wrong = spawn\n"],
  ['library-oclif', 'src/lib/ui/wrong-oclif.ts', "import {ux} from '@oclif/core'\nexport const wrong = ux\n"],
  ['not-to-dev-dep', 'src/lib/util/wrong-dev.ts', "import {format} from 'prettier'\nexport const wrong = format\n"],
  ['not-to-unresolvable', 'src/lib/util/wrong-path.ts', "import {gone} from './gone.ts'\nexport const wrong = gone\n"],
  ['not-to-test', 'src/lib/util/wrong-test.ts', "import {rig} from '../../../test/rig.ts'\nexport const wrong = rig\n"],
  ['no-circular', 'src/lib/util/ring-a.ts', "import {b} from './ring-b.ts'\nexport const a = () => b\n"],
  ['no-orphans', 'src/lib/util/lonely.ts', 'export const lonely = 1\n'],
  ['sdk-stands-alone', 'sdk/src/wrong.ts', "import {parse} from 'yaml'\nexport const wrong = parse\n"],
  [
    'plugins-import-the-sdk-only',
    'plugins/shell/src/wrong.ts',
    "import {text} from '../../../src/lib/util/text.ts'\nexport const wrong = text\n",
  ],
]

const besides = {
  'src/lib/util/ring-b.ts': "import {a} from './ring-a.ts'\nexport const b = () => a\n",
  'src/lib/ui/terminal/style.ts': "import {text} from '../../util/text.ts'\nexport const style = text\n",
  'src/lib/processes/process-runtime.ts': "import {text} from '../util/text.ts'\nexport const start = text\n",
  'test/rig.ts': 'export const rig = 1\n',
}

describe('the walls', () => {
  it('let the floors import downwards', async () => {
    const {exitCode, output} = await checkWalls(plantProject({}))
    expect(output).toMatch(/^walls: \d+ modules, \d+ imports, all allowed$/m)
    expect(exitCode).toBe(0)
  })

  it('refuse every wrong import, and say why', async () => {
    const files = Object.fromEntries(wrong.map(([, file, text]) => [file, text]))
    const {exitCode, output} = await checkWalls(plantProject({...besides, ...files}))
    const refused = new Map(
      output.split('\n\n').map((paragraph): [string, string] => {
        const [head = '', ...lines] = paragraph.trim().split('\n')
        return [head.split(': ')[0] ?? '', lines.join('\n')]
      }),
    )
    for (const [rule, file] of wrong) expect(refused.get(rule), rule).toContain(`  ${file}`)
    expect(exitCode).toBe(1)
  })

  it('refuse a room of 21 files, a file of 251 lines, and rooms that import each other', async () => {
    const many = Array.from({length: 21}, (_, index): [string, string] => [
      `src/lib/masking/m${String(index)}.ts`,
      `import {text} from '../util/text.ts'\nexport const m${String(index)} = text\n`,
    ])
    const directory = plantProject({
      ...Object.fromEntries(many),
      'src/lib/util/long.ts': `import {text} from './text.ts'\nexport const long = text\n${'//\n'.repeat(249)}`,
      'src/lib/ui/views/list.ts': "import {text} from '../../util/text.ts'\nexport const list = text\n",
      'src/lib/ui/views/page.ts': "import {style} from '../terminal/style.ts'\nexport const page = style\n",
      'src/lib/ui/terminal/style.ts': "import {text} from '../../util/text.ts'\nexport const style = text\n",
      'src/lib/ui/terminal/frame.ts': "import {list} from '../views/list.ts'\nexport const frame = list\n",
    })
    const {exitCode, output} = await checkWalls(directory)
    expect(output.trim().split('\n').slice(1)).toEqual([
      '  src/lib/masking has 21 files, more than 20: divide the room',
      '  src/lib/util/long.ts has 251 lines, more than 250: divide the file',
      '  src/lib/ui/terminal imports rooms that import it: src/lib/ui/views',
      '  src/lib/ui/views imports rooms that import it: src/lib/ui/terminal',
      '',
      expect.stringMatching(/^walls: 4 limits are exceeded/),
    ])
    expect(exitCode).toBe(1)
  })

  it('do not pass when nothing was looked at', async () => {
    const directory = temporaryDir()
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
      copyFileSync(path.join(packageRoot, file), path.join(directory, file))
    mkdirSync(path.join(directory, 'src'))
    writeFileSync(path.join(directory, 'elsewhere.ts'), 'export const elsewhere = 1\n')
    const {exitCode, output} = await checkWalls(directory)
    expect(output).toContain('walls: no modules were checked')
    expect(exitCode).toBe(1)
  })
})
