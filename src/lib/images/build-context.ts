// The files of an image as a tar stream, without a copy on disk. The same files give the same bytes: owner and times are left out.

import {createReadStream} from 'node:fs'
import path from 'node:path'
import {Readable} from 'node:stream'
import type {Headers, Pack} from 'tar-fs'
import type {ContextEntry} from './context-files.ts'
import {ContextReader} from './context-reader.ts'
import type {AddedFile} from './image-identity.ts'

const epoch = new Date(0)

/** Streams what stands in `dir`, then what is added. A file that is no longer the listed one, or changes its size on the way, breaks the stream. */
export async function packContext(dir: string, entries: readonly ContextEntry[], added: readonly AddedFile[]): Promise<Readable> {
  const {pack} = await import('tar-fs')
  if (entries.length === 0) throw new Error('a plugin has at least its manifest')
  const modes = new Map(entries.map((entry) => [entry.path, entry.mode]))
  const reader = new ContextReader(dir)
  const options = {
    fs: listedFiles(dir, entries, reader),
    entries: entries.map((entry) => entry.path),
    // Everything is listed; what stands in a listed directory does not come by itself.
    ignore: () => true,
    // The mode comes once more: tar-fs takes from it what the umask of this process does.
    map: (header: Headers) => ({...header, mode: modes.get(header.name) ?? header.mode, mtime: epoch, uid: 0, gid: 0}),
    finalize: false,
    finish: (tar: Pack) => {
      for (const {path: name, content} of added) tar.entry({name, mode: 0o644, mtime: epoch, uid: 0, gid: 0}, content)
      tar.finalize()
    },
  }
  // Its streams are of another make than Node's.
  const stream = Readable.from(pack(dir, options), {objectMode: false})
  stream.once('close', () => {
    reader.close()
  })
  return stream
}

type Answer = (error: Error | null, value?: unknown) => void

/** What tar-fs asks of a file system, answered from the list, so that nothing is packed that was not listed. */
function listedFiles(dir: string, entries: readonly ContextEntry[], reader: ContextReader): object {
  const byPath = new Map(entries.map((entry) => [path.join(dir, entry.path), entry]))
  const find = (file: string): ContextEntry => {
    const entry = byPath.get(file)
    if (entry === undefined) throw new Error(`${file} was not listed`)
    return entry
  }
  // Never at once: for a list of directories tar-fs would call itself deeper and deeper.
  const reply = (answer: Answer, read: () => unknown): void => {
    queueMicrotask(() => {
      let value: unknown
      try {
        value = read()
      } catch (error) {
        answer(asError(error))
        return
      }
      answer(null, value)
    })
  }
  const look = (file: string): object => {
    const entry = find(file)
    reader.check(entry)
    const is = (kind?: ContextEntry['kind']) => (): boolean => kind === entry.kind
    const kinds = {isFile: is('file'), isDirectory: is('directory'), isSymbolicLink: is('link'), isSocket: is()}
    return {mode: entry.mode, size: entry.size, mtime: epoch, uid: 0, gid: 0, ...kinds}
  }
  return {
    lstat: (file: string, answer: Answer) => {
      reply(answer, () => look(file))
    },
    readdir: (_file: string, answer: Answer) => {
      reply(answer, () => [])
    },
    readlink: (file: string, answer: Answer) => {
      reply(answer, () => find(file).target)
    },
    createReadStream: (file: string, range: {readonly start: number; readonly end: number}): Readable => {
      try {
        return createReadStream(file, {...range, fd: reader.openFile(find(file))})
      } catch (error) {
        return new Readable({
          read() {
            this.destroy(asError(error))
          },
        })
      }
    },
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
