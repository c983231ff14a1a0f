// The help as one JSON document, for programs that complete, document or check command lines.

import type {Command, Interfaces} from '@oclif/core'
import {defined} from '../../lib/util/defined.ts'
import {helpTopics} from './topics.ts'

export interface CommandDocument {
  /** As it is typed: `runs list`. */
  readonly id: string
  readonly summary: string
  readonly description: string
  readonly args: readonly {
    readonly name: string
    readonly required: boolean
    /** More than one may be given. */
    readonly multiple: boolean
    readonly description: string
    readonly options?: readonly string[]
  }[]
  readonly flags: readonly {
    readonly name: string
    readonly char?: string
    readonly takesValue: boolean
    readonly multiple: boolean
    readonly description: string
    readonly options?: readonly string[]
  }[]
  readonly examples: readonly string[]
}

export interface HelpDocument {
  readonly program: string
  readonly version: string
  readonly commands: readonly CommandDocument[]
  readonly topics: readonly {readonly name: string; readonly description: string}[]
  readonly helpTopics: readonly {readonly name: string; readonly summary: string; readonly text?: string}[]
}

type HelpConfig = Pick<Interfaces.Config, 'bin' | 'version' | 'commands' | 'topics'>

/** Everything, or what the words name: a command, a topic with its commands, a help topic. They must name something. */
export function describeHelp(words: readonly string[], config: HelpConfig): HelpDocument {
  const id = words.join(' ')
  const isMeant = (name: string): boolean => id === '' || name === id || name.startsWith(`${id} `)
  const topic = words.length === 1 ? helpTopics[id] : undefined
  const commands = config.commands
    .filter(({hidden}) => !hidden)
    .map((command) => describeCommand(command, config.bin))
    .filter((command) => isMeant(command.id))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    program: config.bin,
    version: config.version,
    commands,
    topics: config.topics
      .map(({name, description = ''}) => ({name: name.replaceAll(':', ' '), description}))
      // oclif takes commands for topics, too.
      .filter(({name}) => isMeant(name) && commands.some((command) => command.id.startsWith(`${name} `))),
    helpTopics:
      topic === undefined
        ? id === ''
          ? Object.entries(helpTopics).map(([name, {summary}]) => ({name, summary}))
          : []
        : [{name: id, summary: topic.summary, text: topic.text().replaceAll('PROGRAM', config.bin)}],
  }
}

function describeCommand({id, summary, description, args, flags, examples = [], strict}: Command.Loadable, bin: string): CommandDocument {
  const plain = (text: string | undefined): string => (text ?? '').replaceAll('<%= config.bin %>', bin)
  return {
    id: id.replaceAll(':', ' '),
    summary: plain(summary ?? description?.split('\n')[0]),
    description: plain(description),
    args: Object.values(args).map((arg) => ({
      name: arg.name,
      required: arg.required ?? false,
      multiple: arg.multiple ?? strict === false,
      description: plain(arg.description),
      ...defined({options: arg.options}),
    })),
    flags: Object.values(flags)
      .filter(({hidden}) => !hidden)
      .map((flag) => ({
        name: flag.name,
        ...defined({char: flag.char}),
        takesValue: flag.type === 'option',
        multiple: flag.type === 'option' && flag.multiple === true,
        description: plain(flag.summary ?? flag.description),
        ...(flag.type === 'option' && flag.options !== undefined && {options: flag.options}),
      })),
    examples: (typeof examples === 'string' ? [examples] : examples).map((example) =>
      plain(typeof example === 'string' ? example : example.command),
    ),
  }
}
