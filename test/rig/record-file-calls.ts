// Which files are opened, waited for and named, and in which order: what a power failure leaves cannot be tried, but what must be asked of the disk can.

import fs from 'node:fs'
import type {FileHandle} from 'node:fs/promises'
import {syncBuiltinESMExports} from 'node:module'
import {devNull} from 'node:os'

export interface FileCall {
  readonly call: 'open' | 'sync' | 'link' | 'rename'
  /** For `link` and `rename`, the new name. */
  readonly path: string
}

/** Calls of this process, through node:fs and node:fs/promises, until `action` is over. Nothing else may use files meanwhile. */
export async function recordFileCalls(action: () => unknown): Promise<FileCall[]> {
  const calls: FileCall[] = []
  const paths = new Map<number, string>()
  const probe = await fs.promises.open(devNull)
  const handles = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const {openSync, fsyncSync, linkSync, renameSync} = fs
  const {open, link, rename} = fs.promises
  // Taken for calling them on the handles themselves.
  const {sync, datasync} = handles
  const opened = (descriptor: number, path: fs.PathLike): void => {
    paths.set(descriptor, String(path))
    calls.push({call: 'open', path: String(path)})
  }
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>) => {
      const descriptor = openSync(...args)
      opened(descriptor, args[0])
      return descriptor
    },
    fsyncSync: (descriptor: number) => {
      calls.push({call: 'sync', path: paths.get(descriptor) ?? ''})
      fsyncSync(descriptor)
    },
    linkSync: (...args: Parameters<typeof linkSync>) => {
      calls.push({call: 'link', path: String(args[1])})
      linkSync(...args)
    },
    renameSync: (...args: Parameters<typeof renameSync>) => {
      calls.push({call: 'rename', path: String(args[1])})
      renameSync(...args)
    },
  })
  Object.assign(fs.promises, {
    open: async (...args: Parameters<typeof open>) => {
      const handle = await open(...args)
      opened(handle.fd, args[0])
      return handle
    },
    link: (...args: Parameters<typeof link>) => {
      calls.push({call: 'link', path: String(args[1])})
      return link(...args)
    },
    rename: (...args: Parameters<typeof rename>) => {
      calls.push({call: 'rename', path: String(args[1])})
      return rename(...args)
    },
  })
  const record = (original: () => Promise<void>) =>
    function (this: FileHandle): Promise<void> {
      calls.push({call: 'sync', path: paths.get(this.fd) ?? ''})
      return original.call(this)
    }
  Object.assign(handles, {sync: record(sync), datasync: record(datasync)})
  syncBuiltinESMExports()
  try {
    await action()
    return calls
  } finally {
    Object.assign(fs, {openSync, fsyncSync, linkSync, renameSync})
    Object.assign(fs.promises, {open, link, rename})
    Object.assign(handles, {sync, datasync})
    syncBuiltinESMExports()
  }
}
