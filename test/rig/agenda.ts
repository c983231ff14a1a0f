// What will happen in a simulated run, and when: the clock of the model.

/** Something that will happen. */
export interface Appointment {
  readonly atMs: number
  readonly happen: () => void
}

export class Agenda {
  readonly #appointments = new Set<Appointment>()
  #nowMs = 0
  #hasTies = false

  get nowMs(): number {
    return this.#nowMs
  }

  /** Two things happened at the same moment, and nothing says which comes first. */
  get hasTies(): boolean {
    return this.#hasTies
  }

  markTie(): void {
    this.#hasTies = true
  }

  at(atMs: number, happen: () => void): Appointment {
    const appointment = {atMs, happen}
    this.#appointments.add(appointment)
    return appointment
  }

  after(delayMs: number, happen: () => void): Appointment {
    return this.at(this.#nowMs + delayMs, happen)
  }

  cancel(appointment: Appointment): void {
    this.#appointments.delete(appointment)
  }

  /** Lets the next thing happen. */
  advance(): void {
    const next = [...this.#appointments].reduce((first, other) => (other.atMs < first.atMs ? other : first))
    this.#appointments.delete(next)
    if ([...this.#appointments].some(({atMs}) => atMs === next.atMs)) this.#hasTies = true
    this.#nowMs = next.atMs
    next.happen()
  }
}
