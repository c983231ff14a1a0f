// oclif sorts the ids of commands with localeCompare, whose first call takes six milliseconds to load the rules of a language. The ids are ASCII.

import {readFile} from 'node:fs/promises'

const slow = 'a.id.localeCompare(b.id)'
const quick = 'a.id < b.id ? -1 : 1'

/** An esbuild plugin. */
export const plainOrder = {
  name: 'plain-order',
  setup(plugin) {
    plugin.onLoad({filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/]config[\\/]plugin\.js$/}, async ({path}) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes(slow))
        throw new Error(`${path} sorts commands in another way now: see whether scripts/plain-order.mjs is still needed`)
      return {contents: text.replace(slow, quick)}
    })
  },
}
