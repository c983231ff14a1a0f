// Tasks and what they need, as a graph: order, cycles, and who comes after whom. Nothing recurses, so chains may have any length;
// reachability is asked for single pairs and never tabulated, so memory stays proportional to the file.

export interface GraphNode {
  readonly id: string
  readonly needs: readonly string[]
}

/** Built once; needs that name no node, and repeated ids after the first, are left out. */
export class Graph {
  readonly #ids: readonly string[]
  readonly #indexes: ReadonlyMap<string, number>
  readonly #needs: readonly (readonly number[])[]
  /** Nodes in an order in which needs come first; nodes on or behind a cycle are missing. */
  readonly #order: readonly number[]
  /** Length of the longest way from a node without needs. Right only when there is no cycle. */
  readonly #levels: Uint32Array
  readonly #marks: Uint32Array
  #mark = 0
  readonly #searches = new Map<number, {steps: number; after?: Uint8Array}>()

  constructor(nodes: readonly GraphNode[]) {
    const indexes = new Map<string, number>()
    const unique = nodes.filter(({id}) => !indexes.has(id) && indexes.set(id, indexes.size))
    this.#indexes = indexes
    this.#ids = unique.map(({id}) => id)
    this.#needs = unique.map(({needs}) => [...new Set(needs.flatMap((id) => indexes.get(id) ?? []))])
    this.#levels = new Uint32Array(unique.length)
    this.#marks = new Uint32Array(unique.length)
    this.#order = this.#sort()
  }

  /** Ids in an order in which every node comes after its needs (by the order given, where that leaves a choice). */
  order(): string[] {
    return this.#order.map((node) => this.#id(node))
  }

  /** Cycles as paths that end where they begin: `[a, b, a]`. Of cycles that share a node only one is named. */
  cycles(): string[][] {
    const done = new Uint8Array(this.#ids.length)
    for (const node of this.#order) done[node] = 1
    const found: string[][] = []
    for (let start = 0; start < this.#ids.length; start++) {
      const walk = done[start] ? [] : [start]
      const places = new Map(walk.map((node) => [node, 0]))
      for (let node = walk.at(-1); node !== undefined; node = walk.at(-1)) {
        const next = this.#needs[node]?.find((need) => !done[need])
        const from = next === undefined ? walk.length - 1 : places.get(next)
        if (next !== undefined && from === undefined) {
          places.set(next, walk.length)
          walk.push(next)
          continue
        }
        const finished = walk.splice(from ?? 0)
        if (next !== undefined) found.push([...finished, next].map((one) => this.#id(one)))
        for (const one of finished) done[one] = 1
      }
    }
    return found
  }

  /** Whether `id` needs `other`, directly or through others. A node is not upstream of itself unless it lies on a cycle. */
  isUpstream(other: string, id: string): boolean {
    const target = this.#indexes.get(other)
    const start = this.#indexes.get(id)
    if (target === undefined || start === undefined) return false
    if (this.#needs[start]?.includes(target)) return true
    const search = this.#searches.get(target) ?? {steps: 0}
    this.#searches.set(target, search)
    // Many askers: look once from the target to everything behind it, instead of from each asker back.
    if (this.#isAcyclic && search.steps > this.#ids.length) search.after ??= this.#allAfter(target)
    if (search.after) return search.after[start] === 1
    return this.#searchBack(start, target, search)
  }

  #searchBack(start: number, target: number, search: {steps: number}): boolean {
    const mark = ++this.#mark
    const level = this.#levels[target] ?? 0
    const open = [start]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      search.steps++
      for (const need of this.#needs[node] ?? []) {
        if (need === target) return true
        // A task that needs the target has a higher level.
        if (this.#marks[need] === mark || (this.#isAcyclic && (this.#levels[need] ?? 0) <= level)) continue
        this.#marks[need] = mark
        open.push(need)
      }
    }
    return false
  }

  get #isAcyclic(): boolean {
    return this.#order.length === this.#ids.length
  }

  #allAfter(target: number): Uint8Array {
    const after = new Uint8Array(this.#ids.length)
    const reaches = (node: number): boolean => this.#needs[node]?.some((need) => need === target || after[need] === 1) ?? false
    for (const node of this.#order) if (reaches(node)) after[node] = 1
    return after
  }

  /** Kahn's algorithm; the queue keeps the given order among nodes that become ready together. */
  #sort(): number[] {
    const waiting = Uint32Array.from(this.#needs, (needs) => needs.length)
    const after: number[][] = this.#needs.map(() => [])
    this.#needs.forEach((needs, node) => needs.forEach((need) => after[need]?.push(node)))
    const order: number[] = []
    waiting.forEach((count, node) => count === 0 && order.push(node))
    for (let at = 0; at < order.length; at++) {
      const node = order[at] ?? 0
      const level = (this.#levels[node] ?? 0) + 1
      for (const next of after[node] ?? []) {
        this.#levels[next] = Math.max(this.#levels[next] ?? 0, level)
        const left = (waiting[next] ?? 0) - 1
        waiting[next] = left
        if (left === 0) order.push(next)
      }
    }
    return order
  }

  #id(node: number): string {
    return this.#ids[node] ?? ''
  }
}
