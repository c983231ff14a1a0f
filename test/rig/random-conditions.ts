// Random conditions of tasks, each with what it answers.

import type {Luck} from './luck.ts'

/** What a condition may ask, when it is asked. */
export interface Facts {
  readonly failure: boolean
  readonly cancelled: boolean
  readonly success: boolean
  readonly status: (task: string) => string
  readonly attempts: (task: string) => number
}

export interface RandomCondition {
  readonly text: string
  readonly readsStatus: boolean
  /** Names of vars that a command computes. */
  readonly vars?: readonly string[]
  /** `broken`: it cannot be evaluated, or is neither true nor false. */
  readonly value: (facts: Facts) => boolean | 'broken'
}

export const randomVars = {yes: true, no: false, count: 3}

export function randomCondition(
  luck: Luck,
  needs: readonly string[],
  above: readonly string[],
  withItems: ReadonlySet<string>,
): RandomCondition {
  const plain = (text: string, value: RandomCondition['value']): RandomCondition => ({text, readsStatus: false, value})
  const status = (text: string, value: RandomCondition['value']): RandomCondition => ({text, readsStatus: true, value})
  const conditions: RandomCondition[] = [
    plain('{{ vars.yes }}', () => true),
    plain('{{ vars.no }}', () => false),
    plain('{{ !vars.no && vars.count == 3 }}', () => true),
    plain('{{ vars.count }}', () => 'broken'),
    plain('{{ vars.nothing }}', () => 'broken'),
    status('{{ always() }}', () => true),
    status('{{ failure() }}', ({failure}) => failure),
    status('{{ !failure() }}', ({failure}) => !failure),
    status('{{ success() }}', ({success}) => success),
    status('{{ cancelled() }}', ({cancelled}) => cancelled),
    status('{{ failure() || cancelled() }}', ({failure, cancelled}) => failure || cancelled),
    status('{{ failure() ? vars.count : true }}', ({failure}) => (failure ? 'broken' : true)),
  ]
  if (needs.length > 0) {
    const need = luck.pick(needs)
    // Only a success has an output; one that was tolerated has none, and that of a task with items is a list.
    const ifSucceeded = (value: boolean) => (facts: Facts) =>
      facts.status(need) === 'succeeded' && !withItems.has(need) ? value : 'broken'
    conditions.push(
      plain(`{{ tasks.${need}.output.n == 1 }}`, ifSucceeded(true)),
      plain(`{{ tasks.${need}.output.n == 2 }}`, ifSucceeded(false)),
      plain(`{{ tasks.${need}.attempts > 1 }}`, ({attempts}) => attempts(need) > 1),
    )
  }
  if (above.length > 0) {
    const other = luck.pick(above)
    const wanted = luck.pick(['succeeded', 'failed', 'skipped', 'cancelled'])
    conditions.push(
      status(`{{ tasks.${other}.status == "${wanted}" }}`, (facts) => facts.status(other) === wanted),
      status(`{{ tasks.${other}.status != "${wanted}" && !cancelled() }}`, (facts) => facts.status(other) !== wanted && !facts.cancelled),
      status(`{{ tasks.${other}.status }}`, () => 'broken'),
    )
  }
  return luck.pick(conditions)
}

/** Of hooks: they ask what the run has come to, and how its tasks have ended. */
export function randomHookCondition(luck: Luck, tasks: readonly string[]): RandomCondition {
  const condition = (text: string, readsStatus: boolean, value: RandomCondition['value']): RandomCondition => ({text, readsStatus, value})
  const task = luck.pick(tasks)
  const wanted = luck.pick(['succeeded', 'failed', 'skipped', 'cancelled'])
  return luck.pick([
    condition('{{ vars.no }}', false, () => false),
    condition('{{ vars.count }}', false, () => 'broken'),
    condition('{{ always() }}', true, () => true),
    condition('{{ success() }}', true, ({success}) => success),
    condition('{{ failure() }}', true, ({failure}) => failure),
    condition('{{ cancelled() }}', true, ({cancelled}) => cancelled),
    condition(`{{ tasks.${task}.status == "${wanted}" }}`, true, ({status}) => status(task) === wanted),
    condition(`{{ tasks.${task}.attempts > 1 }}`, false, ({attempts}) => attempts(task) > 1),
  ])
}
