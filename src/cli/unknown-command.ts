// What to answer to a command that does not exist. Nothing is executed on a guess: the likely command is only named.

import type {Interfaces} from '@oclif/core'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {nearest} from '../lib/util/nearest.ts'
import {meantSecretCommand, visibleWords} from './secret-words.ts'

/** Subcommands of `plugins` that people look for under `plugin`. */
const extensionVerbs = new Set(['install', 'add', 'uninstall', 'remove', 'unlink', 'link', 'update', 'reset'])

type CommandList = Pick<Interfaces.Config, 'bin' | 'commandIDs' | 'topics'>

/**
 * The error for the words of a command line that name no command; some of its last words may have been meant as arguments.
 * @param others what there is help for besides commands
 */
export function unknownCommand(given: readonly string[], config: CommandList, others: readonly string[] = []): WorkflowError {
  const words = visibleWords(given)
  // oclif takes what follows a command without arguments for a part of its name.
  const count = words.findIndex((_, index) => config.commandIDs.includes(words.slice(0, index + 1).join(':'))) + 1
  if (count > 0) {
    const command = [config.bin, ...words.slice(0, count)].join(' ')
    const argument = words[count]
    const message =
      argument === undefined ? 'unexpected argument; it is not shown here, as it may be a value' : `unexpected argument \`${argument}\``
    return new WorkflowError('USAGE', message, {hint: `\`${command} --help\` lists its arguments and flags`})
  }
  const shown = showableWords(words, config)
  const message =
    shown.length === 0
      ? 'there is no such command; it is not shown here, as it may be a value'
      : `there is no command \`${config.bin} ${shown.join(' ')}\``
  return new WorkflowError('COMMAND_NOT_FOUND', message, {hint: hintFor(shown, config, others)})
}

/** As commands are named. */
const commandName = /^[a-z][a-z-]{0,29}=?…?$/
const workflowFile = /\.ya?ml$/

/**
 * What may be printed of words that name no command: any of them may be a value that was pasted. The first one if it could be a command or a workflow
 * file; those after it only if it is one of our topics, or they are workflow files, or the second one is a verb of ours.
 */
function showableWords(words: readonly string[], {commandIDs, topics}: CommandList): string[] {
  const [first = ''] = words
  const isTopic = topics.some(({name}) => name === first) || commandIDs.some((id) => id.split(':')[0] === first)
  const verbs = new Set(commandIDs.map((id) => id.split(':')[1]))
  const isShowable = (word: string, index: number): boolean =>
    workflowFile.test(word) || (index === 1 && verbs.has(word)) || ((index === 0 || isTopic) && commandName.test(word))
  const end = words.findIndex((word, index) => !isShowable(word, index))
  return end === -1 ? [...words] : words.slice(0, end)
}

function hintFor(words: readonly string[], config: CommandList, others: readonly string[]): string {
  const [topic = '', verb = '', ...rest] = words
  if (workflowFile.test(topic)) return `did you mean \`${[config.bin, 'run', ...words].join(' ')}\`?`
  if (topic === 'plugin' && extensionVerbs.has(verb)) {
    const command = [config.bin, 'plugins', verb, ...rest].join(' ')
    return (
      `CLI extensions are handled by \`${command}\`. ` +
      'A workflow plugin (what `type` in a task names) needs no installation: put its directory into `./plugins`'
    )
  }
  const meantSecret = meantSecretCommand(words)
  if (meantSecret !== undefined) return `did you mean \`${config.bin} ${meantSecret}\`?`
  const known = [...others, ...config.commandIDs, ...config.topics.map(({name}) => name)].map((id) => id.split(/[: ]/))
  for (let count = words.length; count > 0; count--) {
    const wanted = words.slice(0, count).join(' ')
    const candidates = known.filter((id) => id.length === count).map((id) => id.join(' '))
    const meant = nearest(wanted, candidates)
    if (meant === undefined) continue
    if (meant === wanted) return `\`${config.bin} ${meant} --help\` lists its commands`
    return `did you mean \`${[config.bin, ...(others.includes(meant) ? ['help'] : []), meant, ...words.slice(count)].join(' ')}\`?`
  }
  return `\`${config.bin} --help\` lists the commands`
}
