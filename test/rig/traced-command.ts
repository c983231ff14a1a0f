// The command built from the sources with a trace in some of its functions: which of them were called, in which order. The sources stay as they are; a copy
// of them is changed. Call it inside a test.

import {execFileSync} from 'node:child_process'
import {cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import {temporaryDir} from './temporary-dir.ts'
import {packageRoot} from './workflow-command.ts'

/** A function, or a method as `Class.method`, and the file that has it. */
export interface TracedFunction {
  readonly name: string
  /** Relative to the package. */
  readonly file: string
}

export interface TracedCommand {
  /** Program and first arguments. */
  readonly command: readonly [string, ...string[]]
  /** Names in the order of their first calls. After the command has ended. */
  calls(): string[]
}

/** Throws when a function is not in its file. */
export function buildTracedCommand(functions: readonly TracedFunction[]): TracedCommand {
  const root = temporaryDir()
  for (const name of ['src', 'scripts', 'bin', 'package.json', 'oclif.manifest.json'])
    cpSync(path.join(packageRoot, name), path.join(root, name), {recursive: true})
  mkdirSync(path.join(root, 'dist'))
  for (const name of ['node_modules', 'dist/sdk', 'dist/plugins', 'dist/schemas'])
    symlinkSync(path.join(packageRoot, name), path.join(root, name))
  for (const {name, file} of functions) {
    const copy = path.join(root, file)
    writeFileSync(copy, withTrace(readFileSync(copy, 'utf8'), name, file))
  }
  const trace = path.join(root, 'trace.json')
  const entry = path.join(root, 'src/cli.ts')
  const dump = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(trace)}, JSON.stringify(globalThis.traced ?? [])))\n`
  writeFileSync(entry, readFileSync(entry, 'utf8') + dump)
  const build = `import(${JSON.stringify(path.join(root, 'scripts/build.mjs'))}).then(({buildBundle}) => buildBundle())`
  execFileSync(process.execPath, ['-e', build], {cwd: root, stdio: 'pipe'})
  return {
    command: [process.execPath, path.join(root, 'bin/run.js')],
    calls: () => [...new Set(JSON.parse(readFileSync(trace, 'utf8')) as string[])],
  }
}

function withTrace(text: string, name: string, file: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const [owner, method] = name.split('.')
  const bodies = source.statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement) && method === undefined && statement.name?.text === owner) return [statement.body]
    if (!ts.isClassDeclaration(statement) || statement.name?.text !== owner) return []
    return statement.members
      .filter(ts.isMethodDeclaration)
      .flatMap((member) => (member.name.getText(source) === method ? [member.body] : []))
  })
  const [body] = bodies
  if (body === undefined) throw new Error(`${file} has no function ${name}`)
  const start = body.getStart(source) + 1
  return `${text.slice(0, start)};(globalThis.traced ??= []).push(${JSON.stringify(name)});${text.slice(start)}`
}
