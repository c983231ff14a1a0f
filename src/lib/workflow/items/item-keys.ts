// The keys of items: what names an item in its task, in events, logs and commands.

import {ItemsError} from './items-error.ts'

const maxKeyLength = 200
/** Control characters, invisible ones, and halves of characters: a key is read, typed and compared by people. */
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** One item of a task. */
export interface Item {
  /** Different from those of all other items of the task. */
  readonly key: string
  /** What its templates see besides what all templates do. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** @param nth of the item, from 0 @param path of what the key comes from, in the task */
export function keyOf(value: unknown, nth: number, path: readonly (string | number)[]): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new ItemsError(`the key of item ${nth} must be text or a number, not ${typeName(value)}`, path)
  const key = String(value)
  if (key === '') throw new ItemsError(`the key of item ${nth} is empty`, path)
  if (key.length > maxKeyLength)
    throw new ItemsError(`the key of item ${nth} has ${key.length} characters; at most ${maxKeyLength} are allowed`, path)
  if (unfit.test(key)) throw new ItemsError(`the key of item ${nth} has a line break or another invisible character`, path)
  return key
}

/** Throws for the first key that two items have. */
export function requireDifferent(items: readonly Item[], path: readonly (string | number)[], hint?: string): void {
  const seen = new Map<string, number>()
  for (const [nth, {key}] of items.entries()) {
    const other = seen.get(key)
    if (other !== undefined) throw new ItemsError(`items ${other} and ${nth} have the same key`, path, hint)
    seen.set(key, nth)
  }
}

export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : typeof value === 'boolean' ? 'true or false' : `a value of type ${typeof value}`
}
