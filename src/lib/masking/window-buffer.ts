// The bytes of a stream that are held back. Appending to them and taking from their front costs what is appended, not what is held.

const leastCapacity = 256
const keptCapacity = 65_536

export class WindowBuffer {
  #memory: Buffer | undefined
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Everything held, and `chunk` behind it: valid until the next call. */
  append(chunk: Buffer): Buffer {
    const length = this.length
    if (this.#memory === undefined || this.#end + chunk.length > this.#memory.length) {
      const needed = length + chunk.length
      const isRoomy = this.#memory !== undefined && needed * 2 <= this.#memory.length
      const target = isRoomy && this.#memory !== undefined ? this.#memory : Buffer.allocUnsafeSlow(Math.max(leastCapacity, needed * 2))
      this.#memory?.copy(target, 0, this.#start, this.#end)
      if (target !== this.#memory) this.#memory?.fill(0)
      this.#memory = target
      this.#start = 0
      this.#end = length
    }
    chunk.copy(this.#memory, this.#end)
    this.#end += chunk.length
    return this.#memory.subarray(this.#start, this.#end)
  }

  drop(count: number): void {
    this.#start += count
    if (this.#start === this.#end && (this.#memory?.length ?? 0) > keptCapacity) this.clear()
  }

  /** Overwrites what is held. */
  clear(): void {
    this.#memory?.fill(0)
    this.#memory = undefined
    this.#start = 0
    this.#end = 0
  }
}
