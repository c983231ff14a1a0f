// The state of a run as text, to be compared with another one.

import type {DecideState} from '../../src/lib/engine/run-state.ts'

/** Everything in it; tasks name their dependents. */
export function writtenState({tasks, ...rest}: DecideState): string {
  const records = [...tasks.values()].map(({shape, dependents, parent, items, ...record}) => ({
    id: shape.id,
    parent: parent?.shape.id,
    items: items && {...sorted(items), records: items.records.map((item) => item.shape.id)},
    dependents: dependents.map((dependent) => dependent.shape.id),
    ...sorted(record),
  }))
  return JSON.stringify({...sorted(rest), records})
}

function sorted(record: object): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
