// Values that something gets wrong somewhere: each must come back as the bytes it was.

import {randomBytes} from 'node:crypto'

/** Texts without zero bytes: what .env files and shells can hold. */
export const textValues: Readonly<Record<string, string>> = {
  ONE_BYTE: 'x',
  ONE_BLANK: ' ',
  TRAILING_BLANKS: 'ends with blanks \t ',
  LEADING_BLANKS: '  begins with blanks',
  ONE_LINE_END: '\n',
  LINE_END: 'line\n',
  LINE_ENDS: '\n\nline\n\n',
  DOS: 'one\r\ntwo\r\n',
  LONE_CR: 'one\rtwo',
  LAST_CR: 'one\r',
  BOM: '\uFEFFvalue',
  EMOJI: '🔑👩‍💻',
  NFC: 'é'.normalize('NFC'),
  NFD: 'é'.normalize('NFD'),
  SEPARATORS: 'a\u2028b\u2029c\u0085d\u00a0',
  CONTROL: '\u0001\u001b[31m\u007f\b\f\v',
  SINGLE: "it's",
  SINGLE_ONLY: "'",
  DOUBLE: '"quoted"',
  BOTH: `'"'"'`,
  BACKTICKS: '`id`',
  SUBSTITUTION: '$(touch x)',
  SUBSTITUTION_QUOTED: `'$(touch x)'`,
  VARIABLE: `\${HOME} $HOME 'x'`,
  BACKSLASHES: String.raw`\n \\ \' \" \$ C:\temp\new`,
  BACKSLASH_END: 'x\\',
  BACKSLASHES_AND_QUOTES: String.raw`\'\\'\"`,
  HASH: 'a#b',
  COMMENT: 'a # b',
  HASH_FIRST: '#x',
  EQUALS: 'a=b=c==',
  ASSIGNMENT: 'x\nPATH=/evil',
  DASHES: '--help',
  DASH: '-',
  JSON: '{"a": ["b", 1]}',
  EXPORT: 'export X=1',
  GLOB: '* ? [a] ~ !! {a,b}',
  OPERATORS: '; rm x & | > y < z ( )',
  PEM: `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADAN+/=='.repeat(4)}\n-----END PRIVATE KEY-----\n`,
  KILOBYTE: 'k'.repeat(1024),
  SIXTY_FOUR_KILOBYTES: `${'q"\'\\$`'.repeat(10_922)}quar`,
  MEGABYTE: '0123456789abcdef'.repeat(65_536),
}

/** What only bytes and JSON can hold. */
export const binaryValues: Readonly<Record<string, Buffer>> = {
  ALL_BYTES: Buffer.from(Array.from({length: 256}, (_, byte) => byte)),
  ZERO: Buffer.of(0),
  ZERO_WITHIN: Buffer.from('a\0b'),
  NO_UTF8: Buffer.of(0xff, 0xfe, 0x41),
  CUT_UTF8: Buffer.from('é').subarray(0, 1),
  SURROGATE: Buffer.of(0xed, 0xa0, 0x80),
  RANDOM: randomBytes(4096),
}

export const texts: ReadonlyMap<string, Buffer> = new Map(Object.entries(textValues).map(([name, text]) => [name, Buffer.from(text)]))
export const allValues: ReadonlyMap<string, Buffer> = new Map([...texts, ...Object.entries(binaryValues)])

/** Names that are names, however they look. */
export const oddNames = [
  'A',
  'a',
  '0',
  '9A',
  'a-b',
  '_x',
  '-',
  '--',
  '-rf',
  '--help',
  '__proto__',
  'constructor',
  'export',
  'n'.repeat(255),
]
