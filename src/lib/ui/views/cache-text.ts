// Which tasks with a cache a run would run, for people.

import {assertNever} from '../../util/assert-never.ts'
import type {CacheOutlook} from '../../execution/task/cache-outlook.ts'
import {oneLine} from '../reporters/event-text.ts'
import {count} from '../terminal/count.ts'
import type {Ui} from '../terminal/ui.ts'

/** So many reasons; `--json` has all of them. */
const shownReasons = 5

/** Below a plan. Empty when no task has a cache. */
export function renderCaches(caches: ReadonlyMap<string, CacheOutlook>, {outStyle}: Ui): string {
  if (caches.size === 0) return ''
  const width = Math.min(32, Math.max(...[...caches.keys()].map(({length}) => length)))
  const lines = [...caches].map(([id, outlook]) => `  ${id.padEnd(width)}  ${describeOutlook(outlook)}\n`)
  return `\n${outStyle.bold('cache')}\n${lines.join('')}`
}

function describeOutlook(outlook: CacheOutlook): string {
  switch (outlook.state) {
    case 'hit':
      return `hit, from run ${outlook.run}`
    case 'miss':
      return `miss: ${oneLine(outlook.reasons.slice(0, shownReasons).join(', '))}${more(outlook.reasons.length - shownReasons)}`
    case 'unknown':
      return `not known: ${oneLine(outlook.reason)}`
    default:
      return assertNever(outlook)
  }
}

function more(left: number): string {
  return left > 0 ? ` and ${count(left, 'more change')}` : ''
}
