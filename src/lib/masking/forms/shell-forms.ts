// How text looks when shells write it: quoted for reading back, in traces (`set -x`) and in error messages.

const namedControls: Readonly<Record<string, string>> = {
  '\u0007': 'a',
  '\b': 'b',
  '\u001b': 'E',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
}

/** What sh, bash, zsh, PowerShell, cmd and make print for `text`, without the quotes around it. */
export function shellForms(text: string): string[] {
  const ansi = text
    .replace(/[\\']/g, '\\$&')
    .replace(/\p{Cc}/gu, (found) => (namedControls[found] === undefined ? octal(found) : `\\${namedControls[found]}`))
  return [
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll('"', String.raw`\"`),
    text.replaceAll("'", String.raw`\'`),
    text.replace(/[\\"$`]/g, '\\$&'),
    text.replace(/[\\"$`!]/g, '\\$&'),
    // printf %q: bash; the same with all signs, as other shells and quoting functions do.
    text.replace(/[ \t!"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[:=])~/g, '\\$&'),
    text.replace(/[^\w@%+=:,./\-\u0080-\uffff]/g, '\\$&'),
    // $'…', where the locale knows the characters, and where it does not.
    ansi,
    ansi.replaceAll(String.raw`\E`, String.raw`\e`),
    ansi.replace(/[^\p{ASCII}]/gu, octal),
    text.replaceAll('$', '$$$$'),
    text.replaceAll('%', '%%'),
    text.replace(/[`$"]/g, '`$&'),
    // cmd: what must be, what may be, and `%` for a batch file.
    text.replace(/[&|<>^]/g, '^$&'),
    text.replace(/[&|<>^()"%!]/g, '^$&'),
    text.replace(/[&|<>^()"!]/g, '^$&').replaceAll('%', '%%'),
    text.replace(/[&|<>^]/g, '^$&').replaceAll('%', '%%'),
    text.replace(/[()%!^"`<>&|;, *?]/g, '^$&'),
  ]
}

function octal(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
