import {describe, expect, it} from 'vitest'
import {complete, type Candidate, type CandidateSources} from '../../../src/cli/completion/candidates.ts'
import type {CommandDocument, HelpDocument} from '../../../src/cli/help/document.ts'

const flag = (name: string, more: Partial<CommandDocument['flags'][number]> = {}): CommandDocument['flags'][number] => ({
  name,
  takesValue: false,
  multiple: false,
  description: name,
  ...more,
})
const command = (id: string, args: readonly string[], flags: CommandDocument['flags'] = [], isOpen = false): CommandDocument => ({
  id,
  summary: `does ${id}`,
  description: '',
  args: args.map((name) => ({name, required: true, multiple: isOpen, description: ''})),
  flags,
  examples: [],
})
const help: HelpDocument = {
  program: 'workflow',
  version: '1',
  commands: [
    command(
      'run',
      ['file'],
      [
        flag('progress', {takesValue: true, options: ['auto', 'plain']}),
        flag('dry-run', {char: 'n'}),
        flag('var', {takesValue: true, multiple: true}),
        flag('events', {takesValue: true}),
        flag('only', {takesValue: true}),
      ],
    ),
    command('validate', ['file'], [], true),
    command('runs list', [], [flag('workflow', {takesValue: true, char: 'w'})]),
    command('runs logs', ['run'], [flag('task', {takesValue: true, char: 't', multiple: true})]),
    command('secrets get', ['name']),
    command('plugin inspect', ['name'], [flag('workflow', {takesValue: true})]),
    command('plugins', []),
    command('plugins install', ['plugin']),
    command('help', ['command'], [], true),
  ],
  topics: [{name: 'runs', description: 'about runs'}],
  helpTopics: [{name: 'events', summary: ''}],
}
const named = (...values: string[]): Promise<Candidate[]> => Promise.resolve(values.map((value) => ({value, description: ''})))
const sources: CandidateSources = {
  runs: () => named('latest', '2026'),
  workflows: () => named('hello'),
  secrets: () => named('API_KEY', 'TOKEN'),
  plugins: () => named('core/http', 'core/shell'),
  tasks: (of) => ('file' in of ? named(`of ${of.file}`) : named(`of ${of.run}`)),
}

/** `|` parts the words; the last one is to be completed. */
async function values(line: string): Promise<readonly string[] | 'files'> {
  const found = await complete(line.split('|'), help, sources)
  return found === 'files' ? found : found.map(({value}) => value)
}

describe('what may stand next', () => {
  it.each([
    ['', ['run', 'validate', 'runs', 'secrets', 'plugin', 'plugins', 'help']],
    ['ru', ['run', 'runs']],
    ['runs|', ['list', 'logs']],
    ['plugins|', ['install']],
    ['nope|', []],
    ['run|--', ['--progress', '--dry-run', '--var', '--events', '--only', '--help']],
    ['run|-n|--var|a=b|--', ['--progress', '--var', '--events', '--only', '--help']],
    ['run|--progress|', ['auto', 'plain']],
    ['run|--progress|p', ['plain']],
    ['run|--progress=', ['--progress=auto', '--progress=plain']],
    ['run|--progress=p', ['--progress=plain']],
    // As bash hands them over.
    ['run|--progress|=|p', ['plain']],
    ['run|--progress|=', ['auto', 'plain']],
    ['run|', 'files'],
    ['run|a.yaml|', []],
    ['run|--events|', 'files'],
    ['validate|a.yaml|', 'files'],
    ['run|a.yaml|--only|', ['of a.yaml']],
    ['runs|logs|', ['latest', '2026']],
    ['runs|logs|2', ['2026']],
    ['runs|logs|--task|', ['of latest']],
    ['runs|logs|2026|-t|', ['of 2026']],
    ['runs|logs|--task|a|2026|--task|', ['of 2026']],
    ['runs|list|-w|', ['hello']],
    ['secrets|get|', ['API_KEY', 'TOKEN']],
    ['secrets|get|--|T', ['TOKEN']],
    ['secrets|get|TOKEN|', []],
    ['plugin|inspect|core/s', ['core/shell']],
    ['plugin|inspect|--workflow|', 'files'],
    ['help|e', ['events']],
    ['help|ru', ['run', 'runs']],
  ])('after %j', async (line, expected) => {
    expect(await values(line)).toEqual(expected)
  })

  it('has descriptions', async () => {
    expect(await complete(['ru'], help, sources)).toEqual([
      {value: 'run', description: 'does run'},
      {value: 'runs', description: 'about runs'},
    ])
  })
})
