// What docs/workflow-file.md says of computed vars, as a simulation: a command runs when something first reads its var, and once.

import type {Agenda} from './agenda.ts'
import type {RandomComputation, RandomTask} from './random-run.ts'

type Known = 'value' | 'failed' | {readonly readers: (() => void)[]}

export class ComputedVarsModel {
  /** `name time` of each command that was run. */
  readonly begun: string[] = []
  readonly #agenda: Agenda
  readonly #computations: Readonly<Record<string, RandomComputation>>
  readonly #known = new Map<string, Known>()

  constructor(agenda: Agenda, computations: Readonly<Record<string, RandomComputation>>) {
    this.#agenda = agenda
    this.#computations = computations
  }

  /** Calls back once all of these are known, at once if they are. Other names are of constants. */
  read(names: readonly string[], then: (hasFailed: boolean) => void): void {
    const computed = names.filter((name) => name in this.#computations)
    const check = (): void => {
      const isOpen = computed.some((name) => typeof this.#known.get(name) === 'object')
      if (!isOpen) then(computed.some((name) => this.#known.get(name) === 'failed'))
    }
    for (const name of new Set(computed)) {
      const known = this.#known.get(name) ?? this.#begin(name)
      if (typeof known === 'object') known.readers.push(check)
    }
    if (!computed.some((name) => typeof this.#known.get(name) === 'object')) check()
  }

  #begin(name: string): Known {
    const {durationMs, timeoutMs, prints} = this.#computations[name] ?? {durationMs: 0, timeoutMs: 0, prints: false}
    const known = {readers: []}
    this.#known.set(name, known)
    this.begun.push(`${name} ${String(this.#agenda.nowMs)}`)
    this.#agenda.after(Math.min(durationMs, timeoutMs), () => {
      this.#known.set(name, prints && durationMs <= timeoutMs ? 'value' : 'failed')
      const readers: readonly (() => void)[] = known.readers
      // They go on at the same moment, and nothing says which of them first.
      if (readers.length > 1) this.#agenda.markTie()
      for (const reader of readers) reader()
    })
    return known
  }
}

export function valueOfVar(name: string): string {
  return `value of ${name}`
}

/** Names of the vars that the inputs of a task read. */
export function varsOfInputs({inputs = {}}: RandomTask): string[] {
  return Object.values(inputs).flatMap((input) => (input.kind === 'var' ? [input.name] : []))
}
