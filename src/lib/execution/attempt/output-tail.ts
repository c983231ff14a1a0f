// The last bytes of an output, in a fixed buffer: taking a slice costs its length, however small slices are.

const tailBytes = 8192

export class OutputTail {
  #bytes: Buffer | undefined
  #end = 0
  #isFull = false

  push(slice: Buffer): void {
    this.#bytes ??= Buffer.alloc(tailBytes)
    const last = slice.length > tailBytes ? slice.subarray(-tailBytes) : slice
    const room = tailBytes - this.#end
    last.copy(this.#bytes, this.#end, 0, room)
    if (last.length >= room) {
      last.copy(this.#bytes, 0, room)
      this.#isFull = true
    }
    this.#end = (this.#end + last.length) % tailBytes
  }

  get text(): string {
    if (this.#bytes === undefined) return ''
    const newer = this.#bytes.subarray(0, this.#end)
    return (this.#isFull ? Buffer.concat([this.#bytes.subarray(this.#end), newer]) : newer).toString('utf8')
  }
}
