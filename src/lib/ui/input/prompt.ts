// Questions on a terminal. They go to stderr, and without a terminal nothing is asked.

import {WorkflowError} from '../../errors/workflow-error.ts'

interface PromptStreams {
  readonly stdin: NodeJS.ReadableStream & {readonly isTTY?: boolean}
  readonly stderr: NodeJS.WritableStream & {readonly isTTY?: boolean}
  /** The variable that says that nobody answers. */
  readonly unattendedBy: string | undefined
}

export interface Prompt {
  /** Whether a user can answer: a terminal on both sides, no CI, and no `--no-input`. Ask this before anything else. */
  isAvailable(noInput: boolean): boolean
  /** Why no question can be asked: `there is no terminal to ask on`. */
  whyNot(noInput: boolean): string
  /** What is typed is not shown. With `confirm`, asks a second time with that question; throws USAGE when the answers differ. May be empty. */
  secret(question: string, options?: {readonly confirm?: string}): Promise<string>
  /** A line of text, which may be empty. `before` is written first, with its line ends. */
  line(texts: {readonly before: string; readonly question: string}): Promise<string>
  /** Yes or no; no when nothing is typed. */
  confirm(question: string): Promise<boolean>
}

interface Channel {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly signal: AbortSignal
}

/** All questions throw INTERRUPTED for Ctrl-C, Ctrl-D and a terminal that is gone. */
export function createPrompt({stdin, stderr, unattendedBy}: PromptStreams): Prompt {
  const ask = async <T>(question: (channel: Channel) => Promise<T>): Promise<T> => {
    const closing = new AbortController()
    const onClose = (): void => {
      closing.abort()
    }
    // The library says nothing of an input that was closed, as Ctrl-D does: nothing would be left to wait for, and the process would end
    // as if all was well.
    const endings = ['pause', 'end', 'close']
    for (const event of endings) stdin.on(event, onClose)
    try {
      return await question({input: stdin, output: stderr, signal: closing.signal})
    } catch (error) {
      if (error instanceof Error && ['ExitPromptError', 'AbortPromptError', 'AbortError'].includes(error.name)) {
        throw new WorkflowError('INTERRUPTED', 'interrupted, and nothing was changed')
      }
      throw error
    } finally {
      for (const event of endings) stdin.off(event, onClose)
    }
  }

  const askSecret = async (message: string): Promise<string> => {
    const {default: password} = await import('@inquirer/password')
    return await ask((channel) => password({message}, channel))
  }

  return {
    isAvailable: (noInput) => !noInput && unattendedBy === undefined && stdin.isTTY === true && stderr.isTTY === true,
    whyNot(noInput) {
      if (noInput) return 'questions are disabled because of --no-input'
      return unattendedBy === undefined ? 'there is no terminal to ask on' : `questions are disabled because ${unattendedBy} is set`
    },
    async secret(question, {confirm} = {}) {
      const answer = await askSecret(question)
      if (confirm === undefined || answer === '') return answer
      if ((await askSecret(confirm)) !== answer) {
        throw new WorkflowError('USAGE', 'the two answers differ: nothing was changed', {
          hint: 'run the command again, and type the same value twice',
        })
      }
      return answer
    },
    async line({before, question}) {
      const {askLine} = await import('./ask-line.ts')
      stderr.write(before)
      return await ask((channel) => askLine(question, channel))
    },
    async confirm(message) {
      const {default: confirm} = await import('@inquirer/confirm')
      return await ask((channel) => confirm({message, default: false}, channel))
    },
  }
}
