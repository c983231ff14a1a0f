// A page of documentation as a test sees it: fenced blocks in order, the file each of them is, headings and links.
//
// What a reader sees is what the tests go by:
//   - a line that ends with a file name in backticks and a colon names the file of the block after it; so does a first line `# path` or `// path`
//   - a `sh` block that is no file holds commands; `# exits 3` behind one: it ends with that code, and not with 0
//   - `$ ` begins a command in a `console` block; the lines after it are what it prints, and `...` stands for anything
//   - `<!-- a part of a task -->` (a workflow, a manifest) before a block: what the block must be put into to be whole
//   - `<!-- of another program -->` before a block: a file that `workflow` recognises and refuses

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {packageRoot} from './workflow-command.ts'

export interface DocBlock {
  readonly language: string
  readonly text: string
  /** Of the opening fence, from 1. */
  readonly line: number
  /** Relative path of the file that the block is. */
  readonly file?: string
  readonly partOf?: 'workflow' | 'task' | 'manifest'
  readonly isForeign?: true
}

interface DocLink {
  readonly target: string
  readonly line: number
}

export interface DocPage {
  /** Relative to the root of the project. */
  readonly name: string
  readonly blocks: readonly DocBlock[]
  /** Relative ones: links to files and headings. */
  readonly links: readonly DocLink[]
  /** What `#...` of a link may name, as GitHub makes it. */
  readonly anchors: ReadonlySet<string>
}

interface DocCommand {
  /** As written, continued lines joined. */
  readonly text: string
  readonly exitCode: number
  /** What it prints; undefined where the page does not say. */
  readonly prints?: readonly string[]
}

export function readPage(name: string): DocPage {
  const lines = readFileSync(path.join(packageRoot, name), 'utf8').split('\n')
  const blocks: DocBlock[] = []
  const links: DocLink[] = []
  const anchors = new Set<string>()
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const [, indent = '', language] = /^( *)```(\S*)$/.exec(line) ?? []
    if (language === undefined) {
      if (line.trimStart().startsWith('```')) throw new Error(`${name}:${index + 1}: an opening fence holds a language and nothing else`)
      const [, heading] = /^#+ (.+)$/.exec(line) ?? []
      if (heading !== undefined) anchors.add(anchorOf(heading, anchors))
      links.push(...linksOf(line).map((target) => ({target, line: index + 1})))
      continue
    }
    const end = lines.indexOf(`${indent}\`\`\``, index + 1)
    if (end === -1) throw new Error(`${name}:${index + 1}: the fence is not closed`)
    const text = lines.slice(index + 1, end).map((each) => `${each.slice(indent.length)}\n`)
    blocks.push({language, text: text.join(''), line: index + 1, ...introduction(lines.slice(0, index), text[0] ?? '')})
    index = end
  }
  return {name, blocks, links, anchors}
}

function introduction(before: readonly string[], firstLine: string): Pick<DocBlock, 'file' | 'partOf' | 'isForeign'> {
  const above = before.findLast((line) => line.trim() !== '')?.trim() ?? ''
  const [, partOf] = /^<!-- a part of a (workflow|task|manifest) -->$/.exec(above) ?? []
  if (partOf === 'workflow' || partOf === 'task' || partOf === 'manifest') return {partOf}
  if (above === '<!-- of another program -->') return {isForeign: true}
  const [, file] = /`([\w./-]+\.\w+)`:$/.exec(above) ?? /^(?:\/\/|#) ([\w./-]+\.\w+)\n$/.exec(firstLine) ?? []
  return file === undefined ? {} : {file}
}

/** GitHub's rule: lower case, no punctuation, hyphens for spaces, a number behind a repetition. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
  for (let count = 0; ; count++) {
    const candidate = count === 0 ? anchor : `${anchor}-${count}`
    if (!taken.has(candidate)) return candidate
  }
}

function linksOf(line: string): string[] {
  return [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** Whether a block holds commands, and not a file. */
export function isCommands({language, file}: DocBlock): boolean {
  return (language === 'sh' && file === undefined) || language === 'console'
}

/** The commands of a block that holds some. */
export function commandsOf({language, text}: DocBlock): DocCommand[] {
  const lines = text.replaceAll(/\\\n/g, ' ').trimEnd().split('\n')
  if (language === 'sh') return lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).map((line) => readCommand(line))
  const commands: (DocCommand & {prints: string[]})[] = []
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push({...readCommand(line.slice(2)), prints: []})
    else commands.at(-1)?.prints.push(line)
  }
  return commands
}

function readCommand(line: string): DocCommand {
  const [, text = line, exitCode = '0'] = /^(.*?) +# exits (\d+)$/.exec(line) ?? []
  return {text, exitCode: Number(exitCode)}
}
