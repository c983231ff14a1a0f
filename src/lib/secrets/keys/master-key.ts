// Where the master key comes from, in order: the environment, a command, the key file. A key is made only when asked for, and never in the
// place of one that is missing or unusable.

import {randomBytes} from 'node:crypto'
import {realpathSync, rmSync} from 'node:fs'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {DerivedKeys} from './derived-keys.ts'
import {hasKeyFile, readKeyFile} from './key-file.ts'
import type {KdfParameters} from './key-derivation.ts'
import {invalidKey, toKeyBytes} from './key-text.ts'
import {createKeyFile, moveKeyFile, removeLeftCopies, replaceKeyFile} from './write-key-file.ts'

export type KeySource = {readonly kind: 'environment'} | {readonly kind: 'command'} | {readonly kind: 'file'; readonly path: string}

/** Variables that hold a master key, or lead to one. No task is ever given what is in them. */
export const masterKeyVariables: ReadonlySet<string> = new Set([
  'AUTOKESTRA_SECRET_KEY',
  'AUTOKESTRA_SECRET_KEY_CMD',
  'AUTOKESTRA_NEW_SECRET_KEY',
])

export interface MasterKey {
  readonly bytes: Buffer
  readonly source: KeySource
}

interface MasterKeyOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `<home>/secret.key` */
  readonly keyFile: string
  /** Resolves with what the command of AUTOKESTRA_SECRET_KEY_CMD writes to stdout. */
  readonly runCommand: (command: string) => Promise<Buffer>
  /** What was derived before; by default nothing. */
  readonly derived?: DerivedKeys | undefined
}

/** A key that was made and lost to other processes so often that something else must be wrong. */
const generateLimit = 10

export class MasterKeyProvider {
  readonly #options: MasterKeyOptions
  readonly #derived: DerivedKeys
  #found: Promise<MasterKey | undefined> | undefined
  #staged: MasterKey | undefined

  constructor(options: MasterKeyOptions) {
    this.#options = options
    this.#derived = options.derived ?? new DerivedKeys()
  }

  /** Where the key file stands or would stand. */
  get keyFile(): string {
    return this.#options.keyFile
  }

  /** How many times {@link derive} really derived a key. */
  get derivations(): number {
    return this.#derived.count
  }

  /** The configured key, the same one until {@link forget}; undefined when none is. Throws MASTER_KEY_INVALID. */
  async find(): Promise<MasterKey | undefined> {
    const reading = (this.#found ??= this.#read())
    const isFound = await reading.then(Boolean, () => false)
    // Only a key is remembered: what is missing or unusable now may be put right.
    if (!isFound && this.#found === reading) this.#found = undefined
    return reading
  }

  /**
   * The configured key, or a new one in the key file: 32 random bytes in Base64. Only for a store that does not exist yet.
   * Processes that do this at the same time end with the same key. Throws MASTER_KEY_INVALID, STORAGE_NOT_WRITABLE.
   */
  async findOrGenerate(): Promise<MasterKey> {
    for (let attempt = 0; attempt < generateLimit; attempt++) {
      const found = await this.find()
      if (found) return found
      // Read back also when this process was the first: the key that counts is the one in the file.
      createKeyFile(this.#options.keyFile, newKeyLine())
    }
    throw new WorkflowError('STORAGE_NOT_WRITABLE', `the key file ${this.#options.keyFile} disappears as soon as it is created`, {
      hint: 'find out what removes it, or provide your own key in AUTOKESTRA_SECRET_KEY',
    })
  }

  /** The KEK of a key (see `deriveKek`), derived once for each key and parameters; the caller overwrites it after use. */
  derive(key: MasterKey, parameters: KdfParameters): Promise<Buffer> {
    return this.#derived.derive(key.bytes, parameters)
  }

  /** Sources that are configured too, but stand behind the one in use: the right key may be there. */
  otherSources(): readonly KeySource[] {
    const {env, keyFile} = this.#options
    const isEnvironment = env.AUTOKESTRA_SECRET_KEY !== undefined
    const isCommand = env.AUTOKESTRA_SECRET_KEY_CMD !== undefined
    const others: KeySource[] = []
    if (isEnvironment && isCommand) others.push({kind: 'command'})
    if ((isEnvironment || isCommand) && hasKeyFile(keyFile)) others.push(this.#file)
    return others
  }

  /**
   * Writes a new key beside the key file (`.new`), in place of one that may be there, and returns it as the key of the key file.
   * Call it while no other process can: inside the transaction that puts the store under this key. Throws STORAGE_NOT_WRITABLE.
   */
  stageNewFile(): MasterKey {
    const line = newKeyLine()
    replaceKeyFile(this.#stagedFile, line)
    this.#staged = {bytes: toKeyBytes(line, 'the new key'), source: this.#file}
    return this.#staged
  }

  /** The staged key, if one is there. When the process was killed before {@link commitStaged}, it is the right one. Throws MASTER_KEY_INVALID. */
  findStaged(): MasterKey | undefined {
    const bytes = readKeyFile(this.#stagedFile)
    this.#staged = bytes && {bytes, source: this.#file}
    return this.#staged
  }

  /**
   * Makes the key that was staged or found the one of the key file, and of this provider. Does nothing more when it is already.
   * Call it while no other process stages a key. Throws STORAGE_NOT_WRITABLE; then it can be called again.
   */
  commitStaged(): void {
    const staged = this.#staged
    if (staged === undefined) throw new Error('no key is staged')
    const file = resolveLinks(this.#options.keyFile)
    if (holds(this.#stagedFile, staged)) moveKeyFile(this.#stagedFile, file)
    // Whatever became of the staged file: the store is under this key, and so it must not be lost.
    else if (!holds(file, staged)) replaceKeyFile(file, Buffer.concat([staged.bytes, Buffer.from('\n')]))
    this.#staged = undefined
    this.#found = Promise.resolve(staged)
    this.#derived.forget(staged.bytes)
  }

  /** Removes the key that was staged or found; not one that another process has staged since. */
  discardStaged(): void {
    if (this.#staged && holds(this.#stagedFile, this.#staged)) rmSync(this.#stagedFile, {force: true})
    this.#staged = undefined
  }

  /** Forgets the key and all keys derived from it, and overwrites them. */
  forget(): void {
    void this.#found?.then(
      (key) => key?.bytes.fill(0),
      () => undefined,
    )
    this.#found = undefined
    this.#staged = undefined
    this.#derived.forget()
  }

  get #file(): KeySource {
    return {kind: 'file', path: this.#options.keyFile}
  }

  /** Where the key really stands: to replace a link would leave the old key where it leads to. */
  get #stagedFile(): string {
    return `${resolveLinks(this.#options.keyFile)}.new`
  }

  /** A process that was killed while it made the key has left one under another name. */
  #removeLeftCopies(): void {
    try {
      for (const file of [this.#options.keyFile, this.#stagedFile]) removeLeftCopies(file)
    } catch {
      // Where nothing can be removed, the key can still be used.
    }
  }

  async #read(): Promise<MasterKey | undefined> {
    const {env, keyFile, runCommand} = this.#options
    const {AUTOKESTRA_SECRET_KEY: value, AUTOKESTRA_SECRET_KEY_CMD: command} = env
    if (value !== undefined) {
      const bytes = toKeyBytes(Buffer.from(value.trim() === '' ? '' : value), 'AUTOKESTRA_SECRET_KEY')
      return {bytes, source: {kind: 'environment'}}
    }
    if (command !== undefined) {
      if (command.trim() === '') {
        throw invalidKey('AUTOKESTRA_SECRET_KEY_CMD is empty', {hint: 'set it to a command that prints the key, or unset it'})
      }
      return {bytes: toKeyBytes(await runCommand(command), 'the output of AUTOKESTRA_SECRET_KEY_CMD'), source: {kind: 'command'}}
    }
    const bytes = readKeyFile(keyFile)
    if (bytes === undefined) return undefined
    this.#removeLeftCopies()
    return {bytes, source: this.#file}
  }
}

/** As a message names it: `AUTOKESTRA_SECRET_KEY`, `AUTOKESTRA_SECRET_KEY_CMD`, `the key file /…/secret.key`. */
export function describeSource(source: KeySource): string {
  switch (source.kind) {
    case 'environment':
      return 'AUTOKESTRA_SECRET_KEY'
    case 'command':
      return 'AUTOKESTRA_SECRET_KEY_CMD'
    case 'file':
      return `the key file ${source.path}`
  }
}

function newKeyLine(): Buffer {
  return Buffer.from(`${randomBytes(32).toString('base64')}\n`)
}

function holds(file: string, key: MasterKey): boolean {
  try {
    return readKeyFile(file)?.equals(key.bytes) ?? false
  } catch (error) {
    // An unusable file cannot be trusted to hold the key; a new one replaces it.
    if (error instanceof WorkflowError) return false
    throw error
  }
}

function resolveLinks(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    // Nothing is there yet, or it cannot be reached: the code that reads or writes it reports why.
    return file
  }
}
