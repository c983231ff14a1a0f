// Aliases make a small text stand for a huge value, or for one that contains itself. Both are found here without expanding anything.

/** How many nodes aliases may add to those that are written. */
const maxAliasedNodes = 100_000

/** How many may be written: beyond, checking them all would take seconds and gigabytes. Ten thousand tasks have some 100 000. */
const maxWrittenNodes = 250_000

/** What js-yaml makes of a key that is itself a map; that is how an unquoted `{{ x }}` reads. */
const mapAsKey = '[object Object]'

export type ValueProblem = 'cycle' | 'bomb' | 'key-is-a-map' | 'too-many-values'

/** Walks the value once, each shared part once. The parser has capped its depth. */
export function checkExpansion(value: unknown): ValueProblem | undefined {
  const sizes = new Map<object, number>()
  const open = new Set<object>()
  let written = 0
  let problem: ValueProblem | undefined

  const sizeOf = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) {
      written++
      return 1
    }
    const known = sizes.get(node)
    if (known !== undefined) return known
    if (open.has(node)) {
      problem = 'cycle'
      return 1
    }
    open.add(node)
    written++
    let total = 1
    if (Array.isArray(node)) {
      for (const item of node) total += sizeOf(item)
    } else {
      if (Object.hasOwn(node, mapAsKey)) problem ??= 'key-is-a-map'
      for (const item of Object.values(node)) total += sizeOf(item)
    }
    open.delete(node)
    sizes.set(node, total)
    return total
  }

  const expanded = sizeOf(value)
  if (written > maxWrittenNodes) return 'too-many-values'
  return problem ?? (expanded - written > maxAliasedNodes ? 'bomb' : undefined)
}
