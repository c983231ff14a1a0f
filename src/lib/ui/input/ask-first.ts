// The question before something that cannot be undone. Nobody is asked with --force, and nothing is done where nobody can answer.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Prompt} from './prompt.ts'

interface AskFlags {
  /** Goes on without asking. */
  readonly force: boolean
  readonly 'no-input': boolean
}

interface Question {
  readonly question: string
  /** What did not happen, for the error where nobody can be asked: `the secret was not deleted`. */
  readonly refused: string
  /** How --force is described there. */
  readonly hint: string
}

/** Whether the user agrees. Throws USAGE where nobody can be asked. */
export async function askFirst(
  prompt: Prompt,
  {force, 'no-input': noInput}: AskFlags,
  {question, refused, hint}: Question,
): Promise<boolean> {
  if (force) return true
  if (!prompt.isAvailable(noInput)) throw new WorkflowError('USAGE', `${refused}: ${prompt.whyNot(noInput)}`, {hint})
  return await prompt.confirm(question)
}
