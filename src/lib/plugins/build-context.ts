// The files of an image as a tar stream, without a copy on disk. The same files give the same bytes: owner and times are not told.

import {Readable} from 'node:stream'
import type {ContextEntry} from './context-files.ts'
import type {AddedFile} from './image-identity.ts'

const epoch = new Date(0)

/** Streams what stands in `dir`, then what is added. A file that changes its size on the way breaks the stream. */
export async function packContext(dir: string, entries: readonly ContextEntry[], added: readonly AddedFile[]): Promise<Readable> {
  const {pack} = await import('tar-fs')
  if (entries.length === 0) throw new Error('a plugin has at least its manifest')
  const modes = new Map(entries.map((entry) => [entry.path, entry.mode]))
  const stream = pack(dir, {
    entries: entries.map((entry) => entry.path),
    // Everything is listed; what stands in a listed directory does not come by itself.
    ignore: () => true,
    map: (header) => ({...header, mode: modes.get(header.name) ?? header.mode, mtime: epoch, uid: 0, gid: 0}),
    finalize: false,
    finish: (tar) => {
      for (const {path: name, content} of added) tar.entry({name, mode: 0o644, mtime: epoch, uid: 0, gid: 0}, content)
      tar.finalize()
    },
  })
  // Its streams are of another make than Node's.
  return Readable.from(stream, {objectMode: false})
}
