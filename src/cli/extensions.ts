// CLI extensions as far as they are known before and after oclif handles them: what is installed, what an argument of
// `plugins install` means, and what an extension adds.

import {existsSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {Config, type Interfaces} from '@oclif/core'
import {WorkflowError} from '../lib/errors/workflow-error.ts'

/** Names of the installed and linked extensions, as oclif keeps them. Without extensions oclif need not look for any. */
export function installedExtensions(dataDir: string | undefined): readonly string[] {
  if (dataDir === undefined) return []
  try {
    const {oclif}: {oclif?: {plugins?: readonly {readonly name: string}[]}} = JSON.parse(
      readFileSync(join(dataDir, 'package.json'), 'utf8'),
    ) as never
    return (oclif?.plugins ?? []).map(({name}) => name)
  } catch {
    // Not there, or not readable: `workflow plugins` says what is wrong with it.
    return []
  }
}

/** Whether the words install or link an extension. */
export function addsExtension([topic, verb = '']: readonly string[]): boolean {
  return topic === 'plugins' && ['install', 'add', 'link'].includes(verb)
}

/**
 * The words with each path of a packed extension as a `file:` address: oclif takes `./x.tgz` for a repository on GitHub.
 * @throws WorkflowError USAGE when there is no such file
 */
export function withLocalPackages(argv: readonly string[]): string[] {
  const [topic, verb = ''] = argv
  if (topic !== 'plugins' || !['install', 'add'].includes(verb)) return [...argv]
  return argv.map((word, index) => {
    if (index < 2 || !/^(?:\.{0,2}\/|[^:]*\.t(?:ar\.)?gz$)/.test(word)) return word
    const file = resolve(word)
    if (!existsSync(file))
      throw new WorkflowError('USAGE', `there is no file ${word}`, {
        hint: 'name a packed extension (.tgz), its directory, or a package from the registry',
      })
    return `file:${file}`
  })
}

/** What the extensions that are not in `before` add to the command line, one line each. */
export async function describeAdded(before: readonly string[], options: Interfaces.LoadOptions, program: string): Promise<string[]> {
  const config = await Config.load(options)
  const own = config.plugins.get(config.name)?.commandIDs ?? []
  const added = config.getPluginsList().filter(({type, name}) => (type === 'user' || type === 'link') && !before.includes(name))
  return added.flatMap((plugin) => {
    const ids = plugin.commandIDs.map((id) => id.replaceAll(':', ' '))
    const isTaken = (id: string): boolean => own.includes(id.replaceAll(' ', ':'))
    const hooks = Object.keys(plugin.hooks)
    return [
      `added ${plugin.name} ${plugin.version}`,
      ...ids.filter((id) => !isTaken(id)).map((id) => `  command ${program} ${id}`),
      ...ids.filter(isTaken).map((id) => `  skipped command ${id}: ${program} already has a command of that name`),
      ...hooks.map((hook) => `  hook ${hook}: runs inside commands of ${program}`),
    ]
  })
}
