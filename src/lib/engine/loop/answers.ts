// The questions of a run that have no answer yet. What answers at once belongs to the turn that asked.

import type {Awaitable} from '../ports.ts'
import type {Message} from './mailbox.ts'

export interface AnswersOptions {
  readonly post: (message: Message) => void
  /** Of a question that fails, which is a bug. */
  readonly onError: (error: unknown) => void
}

export class Answers {
  readonly #options: AnswersOptions
  #open = 0

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** How many have been asked for and have not come. */
  get open(): number {
    return this.#open
  }

  whenThere<T>(answer: Awaitable<T>, take: (answer: T) => void): void {
    if (!(answer instanceof Promise)) {
      take(answer)
      return
    }
    this.#open += 1
    const {post, onError} = this.#options
    answer.then((value) => {
      post(() => {
        this.#open -= 1
        take(value)
      })
    }, onError)
  }
}
