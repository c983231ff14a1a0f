// Takes in whatever happens and works it off turn by turn: what a turn has decided is carried out when the journal has it.

/** Something that has happened: makes events of it. */
export type Message = () => void

export interface MailboxOptions<Command> {
  /** Takes the messages of a turn, in order. Answers the commands that wait for the journal. */
  readonly decide: (messages: readonly Message[]) => readonly Command[]
  /** Hands events on to the journal and to the reporters. Undefined: both have happened. */
  readonly flush: () => Promise<void> | undefined
  readonly carryOut: (command: Command) => void
  /** Whatever goes wrong. */
  readonly onError: (error: unknown) => void
}

export class Mailbox<Command> {
  readonly #options: MailboxOptions<Command>
  #messages: Message[] = []
  #isWorking = false
  #isClosed = false

  constructor(options: MailboxOptions<Command>) {
    this.#options = options
  }

  /** Works the message off before it returns, unless it comes from inside of a turn or the journal is being waited for. */
  post(message: Message): void {
    if (this.#isClosed) return
    this.#messages.push(message)
    if (!this.#isWorking) this.#work()
  }

  /** Nothing more is done. */
  close(): void {
    this.#isClosed = true
  }

  #work(): void {
    this.#isWorking = true
    try {
      while (!this.#isClosed) {
        const messages = this.#messages
        this.#messages = []
        const commands = this.#options.decide(messages)
        // What only has to be journalled and shown may wait for more of its kind.
        if (commands.length === 0) break
        const written = this.#options.flush()
        if (written !== undefined) {
          this.#goOnAfter(written, commands)
          return
        }
        this.#carryOut(commands)
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isWorking = false
  }

  #carryOut(commands: readonly Command[]): void {
    for (const command of commands) this.#options.carryOut(command)
  }

  #goOnAfter(written: Promise<void>, commands: readonly Command[]): void {
    written
      .then(() => {
        if (!this.#isClosed) this.#carryOut(commands)
        this.#work()
      })
      .catch((error: unknown) => {
        this.#fail(error)
      })
  }

  #fail(error: unknown): void {
    this.close()
    this.#options.onError(error)
  }
}
