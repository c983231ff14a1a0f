// What people write who know other languages, and how it is said here. Hints hold text of the expression itself, never a value.

/** Functions of GitHub Actions, Jinja, Go templates, Pebble, SQL and spreadsheets. */
const functions: Readonly<Record<string, string>> = {
  toJSON: 'toJson(x)',
  fromJSON: 'fromJson(text)',
  parseJson: 'fromJson(text)',
  tojson: 'toJson(x)',
  to_json: 'toJson(x)',
  json: 'fromJson(text)',
  yaml: 'fromYaml(text)',
  format: "text around templates: 'Hello {{ inputs.name }}'",
  printf: "text around templates: 'Hello {{ inputs.name }}'",
  concat: 'a + b',
  date: "formatTime(t, 'yyyy-MM-dd')",
  dateFormat: "formatTime(t, 'yyyy-MM-dd')",
  formatDate: "formatTime(t, 'yyyy-MM-dd')",
  strftime: "formatTime(t, 'yyyy-MM-dd')",
  dateAdd: "t + duration('1d')",
  addDays: "t + duration('1d')",
  today: "formatTime(now(), 'yyyy-MM-dd')",
  upperAscii: 'upper(x)',
  uppercase: 'upper(x)',
  toUpper: 'upper(x)',
  toUpperCase: 'upper(x)',
  lowercase: 'lower(x)',
  toLower: 'lower(x)',
  toLowerCase: 'lower(x)',
  capitalize: 'upper(x)',
  strip: 'trim(x)',
  len: 'size(x)',
  length: 'size(x)',
  count: 'size(x)',
  isEmpty: 'size(x) == 0',
  empty: 'size(x) == 0',
  coalesce: 'a ?? b',
  ifelse: 'condition ? a : b',
  iif: 'condition ? a : b',
  ternary: 'condition ? a : b',
  not: '!x',
  includes: 'contains(text, part), or item in list',
  hasPrefix: 'startsWith(x, y)',
  hasSuffix: 'endsWith(x, y)',
  match: "matches(text, 'regex')",
  test: "matches(text, 'regex')",
  sub: "regexReplace(text, 'regex', by)",
  gsub: "regexReplace(text, 'regex', by)",
  replaceAll: 'replace(text, part, by)',
  substr: 'x.substring(from, to)',
  b64enc: 'base64Encode(x)',
  b64dec: 'base64Decode(x)',
  btoa: 'base64Encode(x)',
  atob: 'base64Decode(x)',
  sha256sum: 'sha256(x)',
  sha256Hex: 'sha256(x)',
  urlencode: 'urlEncode(x)',
  encodeURIComponent: 'urlEncode(x)',
  push: 'list + [item]',
  append: 'list + [item]',
  parseInt: 'int(x)',
  number: 'int(x) or double(x)',
  float: 'double(x)',
  str: 'string(x)',
  toString: 'string(x)',
  env: 'env.NAME, which the workflow declares under env',
  getenv: 'env.NAME, which the workflow declares under env',
  secret: 'secrets.NAME, which the workflow lists under secrets',
  output: 'tasks.ID.output',
  outputs: 'tasks.ID.output',
}

/** How a function of another tool is written here. */
export function nameHere(foreign: string): string | undefined {
  const known = Object.hasOwn(functions, foreign) ? functions[foreign] : undefined
  return known === undefined ? undefined : `write ${known}`
}

/** In this order: the first that fits is the one that is meant. */
const syntax: readonly (readonly [RegExp, string])[] = [
  [/\$\s*[{(A-Za-z]/, 'a $ is not needed: names are written as they are'],
  [/===|!==/, 'equality is written == and !=, whatever the types'],
  [/=>/, 'a function of an item is written without an arrow: list.map(x, x.name)'],
  [/=~/, "a text is tested with matches(text, 'regex')"],
  [/<>/, 'inequality is written !='],
  [/(?<![=!<>])=(?!=)/, 'equality is written =='],
  [/`/, 'texts are in single or double quotes'],
  [/\?\./, 'for what may be missing, write x.y ?? default, or has(x.y)'],
  [/\?\s*:/, 'a default is written as a ?? b'],
  [/\bif\b/, 'a choice is written as condition ? a : b'],
  [/\[[^\][]*:[^\][]*\]/, 'a part of a list is slice(list, from, to)'],
  [/(?<!\|)\|(?!\|)/, 'functions are called: upper(x), not x | upper'],
  [/(?<!&)&(?!&)/, 'both must be true is written &&'],
  [/\band\b/, 'and is written &&'],
  [/\bor\b/, 'or is written ||'],
  [/\bnot\b/, 'not is written !'],
  [/~/, 'texts are joined with +'],
  [/\bnew\b/, 'the time is now(), a time from text is timestamp(text)'],
  [/["']\s*\.\s*["']/, 'texts are joined with +'],
]

/** For an expression that is not CEL. */
export function syntaxHint(source: string): string | undefined {
  const bare = source.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, (text) => text.charAt(0).repeat(2))
  return syntax.find(([pattern]) => pattern.test(bare))?.[1]
}

/** For `a && b || c` with values that are not true or false: a choice, or a default. */
export function logicHint(source: string): string {
  const trimmed = source.trim()
  const [, condition, first, second] = /^([^?:|&]+)&&([^?:|&]+)\|\|([^?:|&]+)$/.exec(trimmed) ?? []
  if (condition !== undefined && first !== undefined && second !== undefined)
    return `for a choice, write ${condition.trim()} ? ${first.trim()} : ${second.trim()}`
  const [, left, right] = /^([^?:|&]+)\|\|([^?:|&]+)$/.exec(trimmed) ?? []
  if (left !== undefined && right !== undefined) return `for a default, write ${left.trim()} ?? ${right.trim()}`
  return 'for a choice, write condition ? a : b; for a default, a ?? b'
}

/** For a condition that is not true or false. @param type in the user's words */
export function conditionHint(type: string): string {
  if (type === 'string') return "compare it: x != ''"
  if (type === 'number') return 'compare it: x != 0'
  return /^(?:list|map)/.test(type) ? 'compare its size: size(x) > 0' : 'compare it with a value, or ask has(x)'
}
