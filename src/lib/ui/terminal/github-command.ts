// Lines that GitHub Actions takes as commands, and log text that must not be taken for one.
// Their syntax: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of its toolkit.

/** One line with its line end. */
export function githubCommand(name: string, properties: Readonly<Record<string, string>>, text: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeText(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`)
  return `::${name}${list.length === 0 ? '' : ` ${list.join(',')}`}::${escapeText(text)}\n`
}

/** The runner obeys `##[…]` anywhere in a line, and `::…::` at its start. Breaks both. */
export function disarmGithubCommands(line: string): string {
  return line.replaceAll('##[', '# #[').replace(/^(\s*):(?=:)/, '$1: ')
}

function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
