// Asks on the terminal of a run what its tasks want approved, one question after the other, in rows below its progress. What is answered elsewhere is not
// asked any more.

import type {RunEvent, TaskWaiting} from '../../engine/events.ts'
import {listenForKeys, type KeyInput} from '../input/terminal-keys.ts'
import {TypedLine} from '../input/typed-line.ts'
import type {LiveRow} from '../terminal/live-region.ts'
import type {Style} from '../terminal/style.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {textWidth} from '../terminal/text-width.ts'
import {shortLine, type ApprovalEvent} from './approval-text.ts'

export interface TypedAnswer {
  readonly run: string
  readonly task: string
  readonly kind: 'approve' | 'reject'
  readonly comment?: string
}

export interface ApprovalQuestionsOptions {
  readonly input: KeyInput
  readonly style: Style
  readonly columns: () => number
  /** Stores an answer: that it counts is an event. */
  readonly answer: (answer: TypedAnswer) => Promise<void>
  /** The rows are others now. */
  readonly onChange: () => void
}

type Question = TaskWaiting & RunEvent

/** As `runs approve --comment`. */
const maxComment = 2000
/** Keys that were meant for the question before are not an answer to the next one. */
const deafMs = 400

export class ApprovalQuestions {
  readonly #options: ApprovalQuestionsOptions
  /** By run and task, in the order of asking. */
  readonly #open = new Map<string, Question>()
  readonly #line = new TypedLine(maxComment + 10)
  #stopListening: (() => void) | undefined
  #isGone = false
  /** Of the first question: it was answered here, and nothing says yet that this counts. */
  #isSent = false
  #problem = ''
  #askedAt = 0

  constructor(options: ApprovalQuestionsOptions) {
    this.#options = options
  }

  /** Whatever is heard of tasks that wait. */
  hear(event: ApprovalEvent): void {
    const key = `${event.run} ${event.task}`
    const wasFirst = this.#first() === this.#open.get(key)
    if (event.type === 'task.waiting') this.#open.set(key, event)
    else if (!this.#open.delete(key)) return
    if (wasFirst || this.#open.size === 1) this.#ask()
    this.#options.onChange()
  }

  rows(): LiveRow[] {
    const first = this.#first()
    if (first === undefined || this.#isGone) return []
    const {style, columns} = this.#options
    const count = this.#open.size > 1 ? `  (1 of ${String(this.#open.size)})` : ''
    const question = {text: `? ${first.task}: ${shortLine(first.message)}${count}`, paint: style.bold}
    if (this.#isSent) return [question, {text: '  answered'}]
    const hint = this.#problem === '' ? 'y or n, a comment may follow' : this.#problem
    const head = `  ${hint}: `
    return [question, {text: head + endOf(sanitizeText(this.#line.text), columns() - 1 - textWidth(head))}]
  }

  close(): void {
    this.#open.clear()
    this.#listen(false)
  }

  #first(): Question | undefined {
    const [first] = this.#open.values()
    return first
  }

  /** The first question, from its beginning. */
  #ask(): void {
    this.#isSent = false
    this.#problem = ''
    this.#line.type('\r')
    this.#askedAt = performance.now()
    this.#listen(this.#open.size > 0)
  }

  #listen(isListening: boolean): void {
    if (isListening === (this.#stopListening !== undefined) || this.#isGone) return
    this.#stopListening?.()
    this.#stopListening = isListening
      ? listenForKeys(this.#options.input, {
          onText: (text) => {
            this.#type(text)
          },
          onEnd: () => {
            this.#isGone = true
            this.#options.onChange()
          },
        })
      : undefined
  }

  #type(keys: string): void {
    const first = this.#first()
    if (first === undefined || this.#isSent || performance.now() - this.#askedAt < deafMs) return
    const line = this.#line.type(keys)
    if (line !== undefined) this.#submit(first, line)
    this.#options.onChange()
  }

  #submit({run, task}: Question, line: string): void {
    const [, word, rest = ''] = /^\s*(yes|y|no|n)(?![\p{L}\p{N}])[\s,:;.-]*(.*)$/iu.exec(line) ?? []
    // Enter alone is no answer: a rejection fails the task, and it is easily pressed.
    if (word === undefined) {
      this.#problem = 'type y to approve or n to reject'
      return
    }
    const comment = rest.trim().slice(0, maxComment)
    const kind = word.toLowerCase().startsWith('y') ? 'approve' : 'reject'
    this.#isSent = true
    this.#options.answer({run, task, kind, ...(comment !== '' && {comment})}).catch((error: unknown) => {
      this.#isSent = false
      this.#problem = `not stored (${shortLine(error instanceof Error ? error.message : String(error))}), y or n`
      this.#options.onChange()
    })
  }
}

/** What fits of the end of the text: the cursor stands behind it. */
function endOf(text: string, width: number): string {
  const characters = Array.from(text)
  let left = width
  let from = characters.length
  while (from > 0) {
    left -= textWidth(characters[from - 1] ?? '')
    if (left < 0) break
    from -= 1
  }
  return characters.slice(from).join('')
}
