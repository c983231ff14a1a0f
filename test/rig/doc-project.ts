// A directory in which the commands of a page are run, with what the page takes for granted: `workflow` in PATH, a home of its own.

import {spawn} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {commandsOf, type DocBlock} from './doc-page.ts'
import {writeFiles} from './plugin-dir.ts'
import {temporaryDir} from './temporary-dir.ts'
import {builtCommand, packageRoot} from './workflow-command.ts'

interface RanCommand {
  readonly text: string
  readonly wanted: {readonly exitCode: number; readonly prints?: readonly string[]}
  readonly exitCode: number | undefined
  /** Both streams, as on a terminal. */
  readonly printed: string
}

/** What a clone has after `npm ci`, and the pages that begin in one may use. */
const cloned = {copied: ['examples', 'package.json', 'oclif.manifest.json'], linked: ['bin', 'dist', 'node_modules', 'sdk']}

/** Call it inside a test. */
export class DocProject {
  readonly dir = temporaryDir()
  readonly home = temporaryDir()
  readonly #tools = temporaryDir()
  readonly #env: Readonly<Record<string, string>>
  #blocks = 0

  /** @param options.env for its commands, besides what all of them have */
  constructor(options: {readonly isClone: boolean; readonly env?: Readonly<Record<string, string>>}) {
    this.#env = options.env ?? {}
    for (const name of ['workflow', 'autokestra']) symlinkSync(builtCommand, path.join(this.#tools, name))
    // The real one links the clone into its cache, and builds it once more for that.
    writeFileSync(path.join(this.#tools, 'npx'), '#!/bin/sh\nexec "$@"\n', {mode: 0o755})
    if (!options.isClone) return
    const isSource = (file: string): boolean => !file.startsWith(path.join(packageRoot, 'examples', 'out'))
    for (const name of cloned.copied) cpSync(path.join(packageRoot, name), path.join(this.dir, name), {recursive: true, filter: isSource})
    for (const name of cloned.linked) symlinkSync(path.join(packageRoot, name), path.join(this.dir, name))
  }

  write(file: string, text: string): void {
    writeFiles(this.dir, {[file]: text})
  }

  /** Settings of the user, which those of a project overrule. */
  writeConfig(text: string): void {
    writeFiles(this.home, {'autokestra/config.yaml': text})
  }

  /** Runs the commands of a block in one shell, from the top of the project, to the first that does not end as the page says. */
  async run(block: DocBlock, isLeftOut: (command: string) => boolean): Promise<RanCommand[]> {
    const logs = path.join(this.#tools, `block-${this.#blocks++}`)
    mkdirSync(logs)
    const commands = commandsOf(block).flatMap(({text, ...wanted}) => {
      const rest = text.split(' && ').filter((part) => !isLeftOut(part))
      return rest.length === 0 ? [] : [{text: rest.join(' && '), wanted}]
    })
    const script = commands.map(
      ({text, wanted}, index) =>
        `{ ${text}\n} >"$LOGS/${index}.out" 2>&1 </dev/null; code=$?; echo $code >"$LOGS/${index}.code"; [ $code -eq ${wanted.exitCode} ] || exit 0\n`,
    )
    await this.#shell(script.join(''), logs)
    const read = (name: string): string | undefined =>
      existsSync(path.join(logs, name)) ? readFileSync(path.join(logs, name), 'utf8') : undefined
    return commands.map(({text, wanted}, index) => {
      const code = read(`${index}.code`)
      return {text, wanted, exitCode: code === undefined ? undefined : Number(code), printed: read(`${index}.out`) ?? ''}
    })
  }

  #shell(script: string, logs: string): Promise<void> {
    const env = {
      PATH: `${this.#tools}:${process.env['PATH'] ?? ''}`,
      HOME: this.home,
      // The symbols that most readers see.
      LANG: 'C.UTF-8',
      AUTOKESTRA_HOME: path.join(this.home, 'autokestra'),
      LOGS: logs,
      ...this.#env,
    }
    const child = spawn('sh', ['-c', script], {cwd: this.dir, env, stdio: 'ignore'})
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => {
        resolve()
      })
    })
  }
}

/** Whether a text is what the lines say, blank lines at the end aside; `...` stands for anything within a line, and for any lines where it stands alone. */
export function isPrinted(text: string, wanted: readonly string[]): boolean {
  const lines = wanted.slice(0, wanted.findLastIndex((line) => line.trim() !== '') + 1)
  const escape = (part: string): string => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const pattern = lines
    .map((line) => (line.trim() === '...' ? '(?:.*\n)*' : `${line.trimEnd().split('...').map(escape).join('.*')} *\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(text.trimEnd() === '' ? '' : `${text.trimEnd()}\n`)
}
