// Values of any shape: texts, keys and bytes in them masked, in a copy. What cannot be read is hidden, not shown.

import {types} from 'node:util'

/** What masks text and bytes; the same object comes back when nothing is hidden. */
export interface ValueMask {
  readonly placeholder: string
  mask(text: string): string
  maskBytes(bytes: Buffer): Buffer
  /** Whether the text of a number or a boolean shows a value. */
  isHidden(text: string): boolean
}

/** The value itself when nothing in it is hidden, otherwise a copy; the input is never changed. Walks with a list, so that depth does not matter. */
export function maskValue(value: unknown, mask: ValueMask): unknown {
  const copier = new Copier(mask)
  const copy = copier.copy(value)
  return copier.isChanged ? copy : value
}

class Copier {
  readonly #mask: ValueMask
  readonly #copies = new Map<object, unknown>()
  readonly #unfinished: (() => void)[] = []
  isChanged = false

  constructor(mask: ValueMask) {
    this.#mask = mask
  }

  copy(value: unknown): unknown {
    const copy = this.#convert(value)
    for (let fill = this.#unfinished.pop(); fill !== undefined; fill = this.#unfinished.pop()) fill()
    return copy
  }

  #convert(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#noticed(value, this.#mask.mask(value))
      case 'number':
      case 'bigint':
      case 'boolean':
        return this.#mask.isHidden(String(value)) ? this.#hidden() : value
      case 'symbol':
        return this.#convertSymbol(value)
      case 'object':
        return value === null ? null : this.#convertObject(value)
      default:
        return value
    }
  }

  #convertObject(source: object): unknown {
    const known = this.#copies.get(source)
    if (known !== undefined) return known
    let copy: unknown
    try {
      copy = this.#copyObject(source)
    } catch {
      // A proxy or an accessor that throws: what it holds is unknown.
      copy = this.#hidden()
    }
    this.#copies.set(source, copy)
    return copy
  }

  #copyObject(source: object): unknown {
    if (types.isProxy(source)) return this.#copyProperties(source, Array.isArray(source) ? [] : {})
    if (Array.isArray(source)) return this.#copyProperties(source, new Array<unknown>(source.length))
    if (ArrayBuffer.isView(source) || types.isAnyArrayBuffer(source)) return this.#copyBytes(source)
    if (types.isMap(source)) return this.#copyMap(source)
    if (types.isSet(source)) return this.#copySet(source)
    if (types.isDate(source)) return source
    if (types.isBoxedPrimitive(source)) return this.#convertBoxed(source)
    if (types.isNativeError(source) || source instanceof Error) return this.#copyError(source)
    if (types.isRegExp(source)) return this.#leaf(source, String(source))
    if (isOpaque(source)) return source
    const prototype: unknown = Object.getPrototypeOf(source)
    if (prototype !== null && prototype !== Object.prototype && 'toJSON' in source && typeof source.toJSON === 'function') {
      // What is written is what it makes of itself; a copy might not be able to do that.
      const text = JSON.stringify(source) as string | undefined
      if (text === undefined || this.#mask.mask(text) === text) return source
      return this.#convert(JSON.parse(text))
    }
    return this.#copyProperties(source, Object.create(prototype as object | null) as object)
  }

  #copyProperties(source: object, target: object): object {
    this.#copies.set(source, target)
    const keys = Reflect.ownKeys(source).filter((key) => Object.prototype.propertyIsEnumerable.call(source, key))
    this.#later(() => {
      for (const key of keys) define(target, this.#convertKey(key, target), this.#read(source, key))
    })
    return target
  }

  #copyError(source: Error): object {
    const target = Object.create(Object.getPrototypeOf(source) as object | null) as object
    this.#copies.set(source, target)
    this.#later(() => {
      for (const key of new Set(['message', 'stack', ...Reflect.ownKeys(source)])) {
        const isEnumerable = Object.prototype.propertyIsEnumerable.call(source, key)
        define(target, this.#convertKey(key, target), this.#read(source, key), isEnumerable)
      }
    })
    return target
  }

  #copyMap(source: ReadonlyMap<unknown, unknown>): object {
    const target = new Map<unknown, unknown>()
    this.#copies.set(source, target)
    this.#later(() => {
      for (const [key, item] of Map.prototype.entries.call(source)) {
        const copy = this.#convert(key)
        target.set(typeof copy === 'string' && copy !== key ? freeKey(copy, (name) => target.has(name)) : copy, this.#convert(item))
      }
    })
    return target
  }

  #copySet(source: ReadonlySet<unknown>): object {
    const target = new Set<unknown>()
    this.#copies.set(source, target)
    this.#later(() => {
      for (const item of Set.prototype.values.call(source)) target.add(this.#convert(item))
    })
    return target
  }

  #copyBytes(source: ArrayBufferView | ArrayBufferLike): unknown {
    const bytes = ArrayBuffer.isView(source) ? Buffer.from(source.buffer, source.byteOffset, source.byteLength) : Buffer.from(source)
    const masked = this.#mask.maskBytes(bytes)
    if (masked === bytes) return source
    this.isChanged = true
    if (Buffer.isBuffer(source)) return masked
    // Numbers of several bytes cannot hold the placeholder.
    return source instanceof Uint8Array ? new Uint8Array(masked) : this.#mask.placeholder
  }

  #convertBoxed(source: object): unknown {
    if (types.isStringObject(source)) return this.#leaf(source, String.prototype.valueOf.call(source))
    if (types.isSymbolObject(source)) return this.#leaf(source, Symbol.prototype.toString.call(source))
    const text = types.isNumberObject(source)
      ? String(Number.prototype.valueOf.call(source))
      : types.isBooleanObject(source)
        ? String(Boolean.prototype.valueOf.call(source))
        : String(BigInt.prototype.valueOf.call(source))
    return this.#mask.isHidden(text) ? this.#hidden() : source
  }

  #convertSymbol(value: symbol): symbol {
    const description = value.description ?? ''
    const masked = this.#mask.mask(description)
    if (masked === description) return value
    this.isChanged = true
    return Symbol(masked)
  }

  #convertKey(key: string | symbol, target: object): string | symbol {
    if (typeof key === 'symbol') return this.#convertSymbol(key)
    const masked = this.#noticed(key, this.#mask.mask(key))
    return masked === key ? key : freeKey(masked, (name) => Object.hasOwn(target, name))
  }

  /** Something whose text is all there is to it. */
  #leaf(source: object, text: string): unknown {
    const masked = this.#mask.mask(text)
    if (masked === text) return source
    this.isChanged = true
    return masked
  }

  #read(source: object, key: string | symbol): unknown {
    try {
      return this.#convert(Reflect.get(source, key))
    } catch {
      // An accessor that throws.
      return this.#hidden()
    }
  }

  #later(fill: () => void): void {
    this.#unfinished.push(fill)
  }

  #noticed(before: string, after: string): string {
    if (after !== before) this.isChanged = true
    return after
  }

  #hidden(): string {
    this.isChanged = true
    return this.#mask.placeholder
  }
}

/** Also for `__proto__`, which an assignment would take for the prototype. */
function define(target: object, key: string | symbol, value: unknown, isEnumerable = true): void {
  if (isEnumerable && Array.isArray(target)) {
    Reflect.set(target, key, value)
    return
  }
  Object.defineProperty(target, key, {value, enumerable: isEnumerable, writable: true, configurable: true})
}

/** Two hidden keys must not become one. */
function freeKey(masked: string, isTaken: (key: string) => boolean): string {
  let key = masked
  for (let count = 2; isTaken(key); count++) key = `${masked} (${count})`
  return key
}

/** Built-in objects that hold no text a program would write, and that a copy could not stand for. */
function isOpaque(source: object): boolean {
  return (
    types.isPromise(source) ||
    types.isWeakMap(source) ||
    types.isWeakSet(source) ||
    types.isGeneratorObject(source) ||
    types.isExternal(source) ||
    types.isModuleNamespaceObject(source) ||
    types.isMapIterator(source) ||
    types.isSetIterator(source) ||
    types.isKeyObject(source) ||
    source instanceof WeakRef
  )
}
