// What a process does as the owner of a run, beside running it: it gives signs of life, stops the run when another process asks for it, and drops
// everything when it has lost the run.

import {StoppedByRun, type StopSignals} from '../../engine/loop/run-workflow.ts'
import type {Journal} from '../../engine/ports.ts'
import {Lease} from '../../engine/owners/lease.ts'
import type {RunLeases} from '../../engine/owners/run-leases.ts'
import type {RunRequest} from '../../engine/requests/run-requests.ts'
import type {RequestWatch} from '../../engine/requests/request-watch.ts'
import {describeCancel} from '../../engine/requests/describe-holders.ts'

interface OwnerParts {
  readonly runId: string
  readonly openJournal: () => Promise<Journal>
  /** Opened with the first sign of life. */
  readonly openLeases: () => Promise<RunLeases>
  readonly requests: Pick<RequestWatch, 'listen' | 'look' | 'markAnswered'>
  /** Looks for requests at once when it gets SIGCONT, which does no harm to a process that does not listen to it. */
  readonly hearsSignal: boolean
  /** Ends all processes and containers of the run at once. */
  readonly kill: () => void
}

export class OwnerDuties {
  readonly #parts: OwnerParts
  readonly #stop = new AbortController()
  readonly #leave = new AbortController()
  #lease: Lease | undefined
  #endListening: (() => void) | undefined
  readonly #endings: (() => void)[] = []

  constructor(parts: OwnerParts) {
    this.#parts = parts
  }

  /** Signals that stop the run: those of the caller, a request, the loss of the run. */
  follow({stop, leave}: StopSignals): StopSignals {
    this.#passOn(stop, this.#stop)
    this.#passOn(leave, this.#leave)
    return {stop: this.#stop.signal, leave: this.#leave.signal}
  }

  /** One that says when the run is this process's. */
  readonly openJournal = async (): Promise<Journal> => {
    const journal = await this.#parts.openJournal()
    return {
      create: async (run, plan) => {
        await journal.create(run, plan)
        this.#begin(1)
      },
      claim: async (runId, epoch) => {
        const isClaimed = await journal.claim(runId, epoch)
        if (isClaimed) this.#begin(epoch + 1)
        return isClaimed
      },
      append: (...events) => journal.append(...events),
      read: (...wanted) => journal.read(...wanted),
    }
  }

  /** Whether something may be started for the run; see {@link Lease.confirm}. */
  readonly confirm = (): boolean | Promise<boolean> => this.#lease?.confirm() ?? true

  /** Takes what other processes have asked of the run by now. */
  readonly look = async (): Promise<void> => {
    this.#listen()
    await this.#parts.requests.look()
    // Whoever was answered by that goes on first.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Nothing of the run is left to do. */
  end(): void {
    this.#lease?.end()
    this.#endListening?.()
    for (const end of this.#endings) end()
  }

  #begin(epoch: number): void {
    const {runId, openLeases, kill, hearsSignal} = this.#parts
    if (hearsSignal) this.#hearSignal()
    this.#lease = new Lease({
      beat: async () => (await openLeases()).beat(runId, epoch),
      onLost: () => {
        kill()
        // The run is told to end at once, and the journal refuses to record that: it ends with RUN_TAKEN_OVER.
        this.#leave.abort('terminated')
      },
      onRequests: () => {
        this.#listen()
      },
    })
  }

  /** Not `AbortSignal.any`: Node may collect what that returns while a run waits, and the run would not hear of the abort. */
  #passOn(from: AbortSignal, to: AbortController): void {
    const abort = (): void => {
      to.abort(from.reason)
    }
    if (from.aborted) abort()
    else from.addEventListener('abort', abort, {once: true})
    this.#endings.push(() => {
      from.removeEventListener('abort', abort)
    })
  }

  #hearSignal(): void {
    const look = (): void => {
      this.#listen()
    }
    process.on('SIGCONT', look)
    this.#endings.push(() => {
      process.off('SIGCONT', look)
    })
  }

  #listen(): void {
    this.#endListening ??= this.#parts.requests.listen(({kind}) => kind === 'cancel', this.#cancel)
  }

  readonly #cancel = (request: RunRequest): void => {
    const cause = new StoppedByRun(describeCancel(request))
    this.#stop.abort(cause)
    if (request.isAtOnce === true) this.#leave.abort(cause)
    // The run stops in any case.
    void this.#parts.requests.markAnswered(request).catch(() => undefined)
  }
}
