// Random calls of the functions of templates, with arguments that nobody expects.

import type {Luck} from './luck.ts'

/** What each function takes: a text, a list, a map, a number, a time or anything; `?`: the arguments from here on may be left out. */
export const functionArguments: Readonly<Record<string, string>> = {
  ...{size: '*', type: '*', string: '*', int: '*', double: '*', uint: '*', bytes: 't', bool: '*'},
  ...{default: '**', toJson: '*', fromJson: 't', toYaml: '*', fromYaml: 't'},
  ...{contains: '**', startsWith: 'tt', endsWith: 'tt', matches: 'tt', replace: 'ttt', regexReplace: 'ttt'},
  ...{split: 'tt', join: 'lt', lower: 't', upper: 't', trim: 't'},
  ...{base64Encode: 't', base64Decode: 't', sha256: 't', urlEncode: 't', basename: 't?t', dirname: 't'},
  ...{first: 'l', last: 'l', slice: 'ln?n', flatten: 'l', range: 'n?nn', reverse: 'l', zip: 'll', chunk: 'ln'},
  ...{sort: 'l', sortBy: 'lt', groupBy: 'lt', unique: 'l', keys: 'm', values: 'm', merge: 'mm?m'},
  ...{sum: 'l', avg: 'l', min: 'l', max: 'l', abs: 'n', ceil: 'n', floor: 'n', round: 'n?n'},
  ...{timestamp: 't', duration: 't', formatTime: 'dt?t', now: '', uuid: '?t', hashFiles: 't?tt'},
  ...{always: '', success: '', failure: '', cancelled: ''},
}

const methods = ['size', 'upper', 'lower', 'trim', 'contains', 'indexOf', 'lastIndexOf', 'substring', 'split', 'join', 'replace', 'matches']

const texts = [
  ...['', ' ', 'a', 'abc', 'a,b,,c', '\u0000', '\ud800', 'x\udc00y', '😀é\u0301', '\u2028', 'constructor', '__proto__', 'toString', 'a.b'],
  ...[
    'null',
    'NaN',
    '-1',
    '1e999',
    '9007199254740993',
    '0x10',
    '[1, 2',
    '{"__proto__": {"x": 1}, "constructor": 2}',
    '[[[[[]]]]]',
    '"\\ud800"',
  ],
  ...[
    'a: [1',
    '&a [*a]',
    '- - - x',
    'yyyy-MM-dd',
    "HH:mm'",
    'QQQ',
    '2024-02-30T25:61:61Z',
    '2024-05-01',
    '0001-01-01T00:00:00Z',
    '9999-12-31',
  ],
  ...['UTC', 'Europe/Zurich', 'Mars/Base', '(a+)+$', '(?<=a)', '[', '$9', '${1}', '**/../*', '/etc/passwd', '-99999999999h', '1d', '../..'],
]

const numbers = [0, -0, 1, -1, 2, 3.5, -2.5, 1e21, -1e308, 5e-324, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e15, 1e6]
const names = ['a', 'b', 'key', '', '__proto__', 'constructor', 'toString', 'length', 'a.b', '\ud800', '0']

/** Often empty, hostile, or with halves of characters. */
export function randomText(luck: Luck): string {
  return luck.pick(texts)
}

/** Values as JSON has them, with names that objects inherit, halves of characters, and numbers at the limits. */
export function randomJson(luck: Luck, depth = 3): unknown {
  const kind = luck.pick(['text', 'text', 'number', 'number', 'plain', 'list', 'map'] as const)
  if (kind === 'text') return luck.pick(texts)
  if (kind === 'number') return luck.pick(numbers)
  if (kind === 'plain' || depth === 0) return luck.pick([null, true, false, [], {}])
  const size = luck.upTo(5) - 1
  if (kind === 'list') {
    const item = randomJson(luck, depth - 1)
    const isAlike = luck.chance(0.5)
    return Array.from({length: size}, () => (isAlike && typeof item !== 'object' ? otherOf(luck, item) : randomJson(luck, depth - 1)))
  }
  return Object.fromEntries(Array.from({length: size}, () => [luck.pick(names), randomJson(luck, depth - 1)]))
}

function otherOf(luck: Luck, value: unknown): unknown {
  return typeof value === 'number' ? luck.upTo(100) - 50 : luck.pick(texts)
}

/** Values by name for {@link randomCall}. */
export function randomVariables(luck: Luck): Readonly<Record<string, unknown>> {
  const list = (item: () => unknown): unknown[] => Array.from({length: luck.upTo(6) - 1}, item)
  const map = (): object => Object.fromEntries(list(() => [luck.pick(names), randomJson(luck, 1)]) as [string, unknown][])
  return {
    ...{t0: luck.pick(texts), t1: luck.pick(texts), long: luck.pick(texts).repeat(luck.pick([1, 50, 5000]))},
    ...{n0: luck.pick(numbers), n1: luck.upTo(10) - 5, n2: luck.upTo(100) / 8},
    ...{l0: list(() => luck.pick(texts)), l1: list(() => luck.pick(numbers)), l2: list(() => randomJson(luck, 2)), l3: list(map)},
    ...{m0: map(), m1: map(), any: randomJson(luck)},
  }
}

/** An expression that reads the names of {@link randomVariables}, and literals of kinds that JSON does not have. */
export function randomCall(luck: Luck, depth = 2, kind = '*'): string {
  if (depth === 0 || luck.chance(0.3)) return randomOperand(luck, luck.chance(0.1) ? '*' : kind)
  const argument = (wanted = '*'): string => randomCall(luck, depth - 1, wanted)
  const how = kind === '*' || luck.chance(0.2) ? luck.upTo(12) : 0
  if (how === 1) return `${argument('t')}.${luck.pick(methods)}(${Array.from({length: luck.upTo(3) - 1}, () => argument()).join(', ')})`
  if (how === 2) return `(${argument()} ${luck.pick(['+', '-', '*', '/', '%', '==', '<', 'in', '??', '&&'])} ${argument()})`
  if (how === 3) return `${argument('l')}.map(x, ${luck.pick(['x', 'toJson(x)', 'size(x)', 'x + x', argument()])})`
  const name = luck.pick(Object.keys(functionArguments).filter((one) => kind === '*' || gives(kind, one)))
  const [needed = '', more = ''] = (functionArguments[name] ?? '').split('?')
  const kinds = Array.from(needed + more.slice(0, luck.upTo(more.length + 1) - 1))
  return `${name}(${kinds.map(argument).join(', ')})`
}

function gives(kind: string, name: string): boolean {
  const found = Object.entries(results).find(([, all]) => all.includes(name))
  return found === undefined ? kind === '*' : found[0] === kind
}

const results: Readonly<Record<string, readonly string[]>> = {
  t: [
    'string',
    'toJson',
    'toYaml',
    'replace',
    'regexReplace',
    'join',
    'lower',
    'upper',
    'trim',
    'base64Encode',
    'sha256',
    'urlEncode',
    'basename',
  ],
  l: ['split', 'slice', 'flatten', 'range', 'reverse', 'zip', 'chunk', 'sort', 'sortBy', 'groupBy', 'unique', 'keys', 'values'],
  n: ['size', 'int', 'double', 'uint', 'sum', 'avg', 'abs', 'ceil', 'floor', 'round'],
  m: ['merge', 'fromJson', 'fromYaml'],
  d: ['timestamp', 'now'],
}

const operands: Readonly<Record<string, readonly string[]>> = {
  t: [
    'vars.t0',
    'vars.t1',
    'vars.t0',
    'vars.long',
    '""',
    '"a"',
    '","',
    '"a.b"',
    '"__proto__"',
    '"yyyy-MM-dd HH:mm XXX"',
    '"America/New_York"',
  ],
  n: [
    'vars.n0',
    'vars.n1',
    'vars.n2',
    '0',
    '1',
    '-1',
    '3',
    '9223372036854775807',
    '-9223372036854775808',
    '-0.0',
    '1e308',
    '2u',
    '0.0 / 0.0',
  ],
  l: [
    'vars.l0',
    'vars.l1',
    'vars.l2',
    'vars.l3',
    '[]',
    '[1, 2, 3]',
    '["b", "a"]',
    '[1, 1.0, 2u]',
    '[timestamp("2024-05-01T08:00:00Z"), null]',
  ],
  m: ['vars.m0', 'vars.m1', '{}', '{"a": 1}', '{1: 2, true: 3}', '{"__proto__": 1}', 'vars'],
  d: ['timestamp("2024-05-01T08:00:00Z")', 'timestamp("9999-12-31T23:59:59Z")', 'timestamp("0001-01-01T00:00:00Z")', 'vars.t0'],
  '*': ['vars.any', 'null', 'true', 'b"\\xff"', 'b"abc"', 'duration("1h")', 'duration("-7d")', 'type(1)', '1.0 / 0.0', 'int', 'vars'],
}

function randomOperand(luck: Luck, kind: string): string {
  return luck.pick(operands[kind === '*' ? luck.pick(Object.keys(operands)) : kind] ?? [])
}
