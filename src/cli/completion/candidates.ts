// What may stand next on a command line. Pure: what only the machine knows comes from the sources.

import type {CommandDocument, HelpDocument} from '../help/document.ts'

export interface Candidate {
  readonly value: string
  readonly description: string
}

/** Asked only when it is needed; a source that fails has nothing to offer. */
export interface CandidateSources {
  runs(): Promise<readonly Candidate[]>
  workflows(): Promise<readonly Candidate[]>
  secrets(): Promise<readonly Candidate[]>
  plugins(): Promise<readonly Candidate[]>
  /** Of a workflow file, or of a run. */
  tasks(of: {readonly file: string} | {readonly run: string}): Promise<readonly Candidate[]>
}

/** `files`: the shell itself knows best. */
export type Completion = readonly Candidate[] | 'files'

type Kind = 'runs' | 'workflows' | 'secrets' | 'plugins' | 'tasks' | 'files' | 'subjects'

/** What an argument or a flag stands for, by its command (or any) and its name. */
const kinds: Readonly<Record<string, Kind>> = {
  run: 'runs',
  file: 'files',
  dir: 'files',
  'secrets get name': 'secrets',
  'secrets set name': 'secrets',
  'secrets delete name': 'secrets',
  'plugin inspect name': 'plugins',
  'plugin build name': 'plugins',
  'help command': 'subjects',
  'run task': 'tasks',
  'runs approve task': 'tasks',
  'runs reject task': 'tasks',
  '--task': 'tasks',
  '--only': 'tasks',
  '--from': 'tasks',
  '--events': 'files',
  '--from-file': 'files',
  '--env-file': 'files',
  '--output': 'files',
  'plugin inspect --workflow': 'files',
  'runs list --workflow': 'workflows',
}

/** @param words those after the name of the program; the last one, maybe empty, is the one to complete */
export async function complete(words: readonly string[], help: HelpDocument, sources: CandidateSources): Promise<Completion> {
  const {before, current} = splitWords(words)
  const count = commandLength(before, help)
  const command = help.commands.find(({id}) => count > 0 && id === before.slice(0, count).join(' '))
  if (command === undefined) return startingWith(current, nextWords(before, help))

  const given = before.slice(count)
  const previous = given.at(-1)
  const isOver = given.includes('--')
  const [, flagName, typed] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
  const flag = isOver ? undefined : findFlag(command, flagName ?? previous)
  if (flag?.takesValue) {
    const values = await valuesOf(command, `--${flag.name}`, flag.options, {before, help, sources})
    if (values === 'files' || flagName === undefined) return values === 'files' ? values : startingWith(current, values)
    return startingWith(typed ?? '', values).map(({value, description}) => ({value: `${flagName}=${value}`, description}))
  }
  if (current.startsWith('-') && !isOver) return startingWith(current, freeFlags(command, given))
  const place = positionals(command, given).length
  const arg = command.args[place] ?? (command.args.at(-1)?.multiple === true ? command.args.at(-1) : undefined)
  const values = arg === undefined ? [] : await valuesOf(command, arg.name, arg.options, {before, help, sources})
  if (values === 'files') return values
  const own = place === 0 ? nextWords(before, help) : []
  return startingWith(current, [...own, ...values])
}

/** bash takes `=` for a word of its own. */
function splitWords(words: readonly string[]): {before: string[]; current: string} {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  if (before.at(-1) === '=') before.pop()
  return {before, current: last === '=' ? '' : last}
}

function commandLength(before: readonly string[], {commands}: HelpDocument): number {
  for (let count = before.length; count > 0; count -= 1) {
    if (commands.some(({id}) => id === before.slice(0, count).join(' '))) return count
  }
  return 0
}

/** Commands and topics that go on from these words. */
function nextWords(before: readonly string[], {commands, topics}: HelpDocument): Candidate[] {
  const start = before.map((word) => `${word} `).join('')
  const found = new Map<string, string>()
  for (const {id, summary} of commands) {
    if (!id.startsWith(start)) continue
    const [word = '', ...rest] = id.slice(start.length).split(' ')
    const topic = topics.find(({name}) => name === start + word)
    if (word !== '' && !found.has(word)) found.set(word, rest.length === 0 ? summary : (topic?.description ?? ''))
  }
  return [...found].map(([value, description]) => ({value, description}))
}

function findFlag({flags}: CommandDocument, word: string | undefined): CommandDocument['flags'][number] | undefined {
  return flags.find(({name, char}) => word === `--${name}` || (char !== undefined && word === `-${char}`))
}

/** Flags that are not given yet, or may be given again. */
function freeFlags(command: CommandDocument, given: readonly string[]): Candidate[] {
  const used = new Set(given.map((word) => findFlag(command, word.replace(/=.*/s, ''))))
  const free = command.flags.filter((flag) => flag.multiple || !used.has(flag))
  return [...free, {name: 'help', description: 'show help'}].map(({name, description}) => ({value: `--${name}`, description}))
}

function positionals(command: CommandDocument, given: readonly string[]): string[] {
  const end = given.indexOf('--')
  return given.filter((word, index) => {
    if (end !== -1 && index >= end) return index > end
    return !word.startsWith('-') && findFlag(command, given[index - 1])?.takesValue !== true
  })
}

async function valuesOf(
  command: CommandDocument,
  name: string,
  options: readonly string[] | undefined,
  {before, help, sources}: {before: readonly string[]; help: HelpDocument; sources: CandidateSources},
): Promise<Completion> {
  if (options !== undefined) return options.map((value) => ({value, description: ''}))
  switch (kinds[`${command.id} ${name}`] ?? (command.id.startsWith('plugins') ? undefined : kinds[name])) {
    case 'files':
      return 'files'
    case 'runs':
      return await sources.runs()
    case 'workflows':
      return await sources.workflows()
    case 'secrets':
      return await sources.secrets()
    case 'plugins':
      return await sources.plugins()
    case 'tasks': {
      const file = before.find((word) => /\.ya?ml$/.test(word))
      const [run = 'latest'] = positionals(command, before.slice(command.id.split(' ').length))
      return await sources.tasks(file === undefined ? {run} : {file})
    }
    case 'subjects':
      return [...nextWords([], help), ...help.helpTopics.map(({name: value, summary}) => ({value, description: summary}))]
    case undefined:
      return []
  }
}

function startingWith(start: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({value}) => value.startsWith(start))
}
