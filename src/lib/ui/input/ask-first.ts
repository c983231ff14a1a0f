// The question before something that cannot be undone. With --force it is not asked, and without a terminal nothing is done.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Prompt} from './prompt.ts'

interface AskFlags {
  /** Goes on without asking. */
  readonly force: boolean
  readonly 'no-input': boolean
}

interface Question {
  readonly question: string
  /** What did not happen, for the error without a terminal: `the secret was not deleted`. */
  readonly refused: string
  /** How --force is described there. */
  readonly hint: string
}

/** Whether the user agrees. Throws USAGE without a terminal. */
export async function askFirst(
  prompt: Prompt,
  {force, 'no-input': noInput}: AskFlags,
  {question, refused, hint}: Question,
): Promise<boolean> {
  if (force) return true
  if (!prompt.isAvailable(noInput)) throw new WorkflowError('USAGE', `${refused}: ${prompt.whyNot(noInput)}`, {hint})
  return await prompt.confirm(question)
}
