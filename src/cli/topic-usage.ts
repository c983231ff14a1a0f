// `workflow runs --x`: oclif drops what follows a topic and shows its help, as if nothing were wrong.

import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {mayHoldSecret} from './secret-words.ts'

/** The error for a topic of ours, such as `runs`, that is followed by a flag and not by a command; undefined for every other command line. */
export function topicUsageError(argv: readonly string[], ids: readonly string[]): WorkflowError | undefined {
  const end = argv.findIndex((word) => word.startsWith('-'))
  if (end <= 0) return undefined
  const words = argv.slice(0, end)
  const topic = words.join(' ')
  const isTopic = !ids.includes(words.join(':')) && ids.some((id) => id.startsWith(`${words.join(':')}:`))
  const [flag = '', ...more] = argv.slice(end).filter((word) => word !== '--json')
  if (!isTopic || flag === '' || flag === '--help' || flag === '-h') return undefined
  const hint = `\`workflow ${topic} --help\` lists its commands`
  if (mayHoldSecret(argv)) return new WorkflowError('USAGE', `\`${topic}\` has no flags of its own; put a command before them`, {hint})
  // A flag before the command, as other programs allow it.
  const verb = more.find((word) => ids.includes([...words, word].join(':')))
  const meant = verb === undefined ? hint : `put flags after the command: \`workflow ${topic} ${verb} ${flag}\``
  return new WorkflowError('USAGE', `unknown flag ${flag} of \`${topic}\``, {hint: meant})
}
