// Runs the commands of a page and compares what they do with what the page says; knows which of them need Docker.

import {expect} from 'vitest'
import {commandsOf, isCommands, type DocPage} from './doc-page.ts'
import {isPrinted, type DocProject} from './doc-project.ts'

/** Pages with commands that need Docker: all of them, or these. test/docker/pages.test.ts runs them, and test/docs/pages.test.ts the others. */
export const pagesInDocker: ReadonlyMap<string, 'all' | readonly string[]> = new Map<string, 'all' | readonly string[]>([
  ['docs/permissions.md', 'all'],
  ['docs/cookbook/containers.md', 'all'],
  ['docs/plugins/writing-plugins.md', ['workflow plugin build my/news', 'workflow run news.yaml']],
  ['README.md', ['workflow plugin build my/shout', 'workflow run alone.yaml']],
])

export function commandsInDocker(page: DocPage): readonly string[] {
  const commands = pagesInDocker.get(page.name) ?? []
  return commands === 'all' ? singleCommands(page) : commands
}

/** Every one of a page; those that `&&` joins stand alone. */
export function singleCommands(page: DocPage): string[] {
  return page.blocks
    .filter(isCommands)
    .flatMap(commandsOf)
    .flatMap(({text}) => text.split(' && '))
}

/**
 * Runs all commands in order, and writes the files that stand between them. Expects of each what the page says.
 * @param change what is written instead of the text of a file
 */
export async function runPage(
  page: DocPage,
  project: DocProject,
  isLeftOut: (command: string) => boolean,
  change = (text: string): string => text,
): Promise<void> {
  for (const block of page.blocks) {
    if (block.file !== undefined) project.write(block.file, change(block.text))
    if (!isCommands(block)) continue
    for (const {text, wanted, exitCode, printed} of await project.run(block, isLeftOut)) {
      const at = `${page.name}:${String(block.line)}: ${text}`
      expect(exitCode, `${at}\n${printed}`).toBe(wanted.exitCode)
      // `expect` shows both texts; the pattern decides.
      if (wanted.prints !== undefined && !isPrinted(printed, wanted.prints)) expect(printed, at).toBe(wanted.prints.join('\n'))
    }
  }
}
