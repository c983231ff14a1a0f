import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {compileSchemas} from '../../../scripts/compile-schemas.ts'
import {generatorVersion, SchemaCompiler, schemaFileName, sealCode} from '../../../src/lib/documents/json-schema.ts'
import {isPlainPattern} from '../../../src/lib/documents/linear-regexp.ts'
import {SchemaError} from '../../../src/lib/documents/schema-guard.ts'

const dir = mkdtempSync(join(tmpdir(), 'json-schema-'))
afterAll(() => rmSync(dir, {recursive: true, force: true}))
let dirs = 0
const freshDir = () => join(dir, `cache-${dirs++}`)

const compiler = new SchemaCompiler()
async function say(schema: unknown, value: unknown): Promise<string[]> {
  const check = await compiler.compile(schema)
  return check(value).map(
    ({path, target, message, hint}) => `${path.join('.')}${target === 'key' ? '!' : ''}: ${message}${hint ? ` (${hint})` : ''}`,
  )
}

const server = {
  type: 'object',
  required: ['host'],
  additionalProperties: false,
  properties: {
    host: {type: 'string', minLength: 1},
    port: {type: 'integer', minimum: 1},
    mode: {enum: ['fast', 'slow']},
    tags: {type: 'array', items: {type: 'string'}},
  },
}

describe('findings', () => {
  test.each<[unknown, string[]]>([
    [{host: 'a', port: 1}, []],
    [{}, ['!: missing property "host"']],
    [{host: 'a', prot: 1}, ['prot!: unknown property "prot" (did you mean "port"?)']],
    [{host: '', port: 0.5}, ['host: must not be empty', 'port: must be a whole number, not a number', 'port: must be at least 1']],
    [{host: 1}, ['host: must be a string, not a number']],
    [{host: 'a', mode: 'fats'}, ['mode: must be one of "fast", "slow" (did you mean "fast"?)']],
    [{host: 'a', tags: ['x', null]}, ['tags.1: must be a string, not empty']],
    ['text', [': must be a map, not a string']],
  ])('%j', async (value, expected) => {
    const found = await say(server, value)
    expect(found.sort()).toEqual(expected.sort())
  })

  test('names with slashes and tildes come back as they are', async () => {
    expect(await say({additionalProperties: {type: 'string'}}, {'a/b~c': {x: 1}})).toEqual(['a/b~c: must be a string, not a map'])
  })

  test('what every object inherits is not a property', async () => {
    expect(await say({properties: {constructor: {type: 'string'}}, dependentRequired: {valueOf: ['x']}}, {})).toEqual([])
    expect(await say({required: ['toString']}, {})).toEqual(['!: missing property "toString"'])
    expect(await say({required: ['toString']}, {toString: 1})).toEqual([])
  })

  test('alternatives give the findings of the form that was meant', async () => {
    const schema = {anyOf: [{type: 'string'}, {type: 'object', required: ['a'], properties: {a: {type: 'number'}}}]}
    expect(await say(schema, {a: 'x'})).toEqual(['a: must be a number, not a string'])
    expect(await say(schema, 5)).toEqual([': matches none of the allowed forms'])
  })

  test('a choice of properties is one finding that names them', async () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      oneOf: [{required: ['command']}, {required: ['script']}],
      properties: {command: {type: 'string'}, script: {type: 'string'}},
    }
    expect(await say(schema, {})).toEqual([': missing property "command" or "script"'])
    expect(await say(schema, {comand: 'x'})).toEqual([
      ': missing property "command" or "script"',
      'comand!: unknown property "comand" (did you mean "command"?)',
    ])
    expect(await say(schema, {command: 'x', script: 'y'})).toEqual([': only one of "command", "script" may be given'])
    expect(await say({anyOf: [{required: ['a', 'b']}, {required: ['c']}]}, {})).toEqual([': missing property "a" and "b" or "c"'])
  })

  test('oneOf gives the findings of the form that was meant, too', async () => {
    const schema = {oneOf: [{type: 'string'}, {type: 'object', required: ['a']}]}
    expect(await say(schema, {})).toEqual(['!: missing property "a"'])
    expect(await say(schema, 5)).toEqual([': matches none of the allowed forms'])
  })

  test('a pattern is told by the examples and the description of its schema', async () => {
    const schema = {type: 'string', pattern: '^[0-9]+s$'}
    expect(await say(schema, 'x')).toEqual([': must match the pattern ^[0-9]+s$'])
    expect(await say({...schema, description: 'Seconds.'}, 'x')).toEqual([': must match the pattern ^[0-9]+s$ (Seconds.)'])
    expect(await say({...schema, examples: ['5s', '10s'], description: 'Seconds.'}, 'x')).toEqual([': must look like "5s" or "10s"'])
  })

  test('a choice between named forms is one finding', async () => {
    const schema = {
      $defs: {
        a: {type: 'object', required: ['x']},
        b: {$ref: '#/$defs/c'},
        c: {type: 'object', required: ['y'], properties: {z: {$ref: '#/$defs/a'}}},
      },
      properties: {v: {anyOf: [{$ref: '#/$defs/a'}, {$ref: '#/$defs/b'}]}, w: {type: 'string'}},
    }
    expect((await say(schema, {v: {}, w: 1})).sort()).toEqual(['v: matches none of the allowed forms', 'w: must be a string, not a number'])
  })

  test('the suggestion comes from the schema the property was looked up in', async () => {
    const schema = {
      properties: {alpha: true, item: {$ref: '#/$defs/item'}},
      $defs: {item: {additionalProperties: false, properties: {beta: true, more: {$ref: '#'}}}},
    }
    expect(await say(schema, {item: {bta: 1}})).toEqual(['item.bta!: unknown property "bta" (did you mean "beta"?)'])
    expect(await say(schema, {item: {alpa: 1}})).toEqual(['item.alpa!: unknown property "alpa" (known: beta, more)'])
  })

  test('both drafts are understood', async () => {
    const tuple = {$schema: 'http://json-schema.org/draft-07/schema#', items: [{type: 'string'}], additionalItems: false}
    expect(await say(tuple, ['a', 1])).toHaveLength(1)
    expect(await say({prefixItems: [{type: 'string'}], items: false}, ['a', 1])).toHaveLength(1)
    expect(await say({type: 'string', format: 'date'}, '2024-13-01')).toEqual([': must be a valid date'])
  })

  test('an unknown format and an unknown keyword are ignored', async () => {
    expect(await say({type: 'string', format: 'colour', 'x-order': 3}, 'red')).toEqual([])
  })
})

describe('hostile schemas', () => {
  const bomb: Record<string, unknown> = {}
  for (let level = 0; level < 40; level++) bomb[`l${level}`] = {allOf: [{$ref: `#/$defs/l${level + 1}`}, {$ref: `#/$defs/l${level + 1}`}]}
  bomb['l40'] = {type: 'string'}
  const deep: Record<string, unknown> = {}
  let at = deep
  for (let level = 0; level < 80; level++) at = at['items'] = {}

  test.each<[string, unknown, RegExp]>([
    ['a remote reference', {properties: {a: {$ref: 'https://example.com/schema.json'}}}, /nothing is fetched \(at properties\.a\.\$ref\)/],
    ['a reference to a file', {$ref: 'file:///etc/passwd'}, /nothing is fetched/],
    ['a reference to nothing', {$ref: '#/$defs/missing'}, /points to nothing \(at \$ref\)/],
    ['doubling references', {$defs: bomb, $ref: '#/$defs/l0'}, /grows too large/],
    ['deep nesting', deep, /nested too deeply/],
    ['a huge schema', {description: 'x'.repeat(300_000)}, /too large/],
    ['an asynchronous schema', {$async: true, type: 'string'}, /"\$async" is not allowed/],
    ['no regular expression', {properties: {a: {pattern: '('}}}, /not a regular expression \(at properties\.a\.pattern\)/],
    ['a pattern only backtracking can run', {pattern: '^(a+)+(?!b)$'}, /can take very long/],
    ['a wrong type', {type: 'strnig'}, /not a valid JSON Schema.*\(at type\)/],
    ['no schema', 5, /a schema is an object/],
    ['a list', [], /a schema is an object/],
  ])('%s is refused with its place', async (_case, schema, message) => {
    await expect(compiler.compile(schema)).rejects.toThrow(SchemaError)
    await expect(compiler.compile(schema)).rejects.toThrow(message)
  })

  test('a recursive schema works', async () => {
    const tree = {type: 'object', properties: {child: {$ref: '#'}}, additionalProperties: false}
    expect(await say(tree, {child: {child: {}}})).toEqual([])
    expect(await say(tree, {child: {child: {x: 1}}})).toHaveLength(1)
  })

  test('a reference to itself ends with a finding', async () => {
    const circle = {$defs: {a: {$ref: '#/$defs/b'}, b: {$ref: '#/$defs/a'}}, $ref: '#/$defs/a'}
    const outcome = await say(circle, 'x').catch((error: unknown) => error)
    expect(outcome instanceof SchemaError || (Array.isArray(outcome) && outcome.length === 1)).toBe(true)
  })

  test('a catastrophic pattern takes no time', async () => {
    const check = await compiler.compile({pattern: '^(a|aa)+$'})
    const started = performance.now()
    expect(check(`${'a'.repeat(50_000)}b`)).toHaveLength(1)
    expect(check('aaa')).toEqual([])
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('properties named like keywords are data', async () => {
    expect(
      await say(
        {properties: {$ref: {type: 'string'}, pattern: {type: 'string'}}, enum: [{$ref: 'x', pattern: '('}]},
        {$ref: 'x', pattern: '('},
      ),
    ).toEqual([])
  })
})

test.each([
  ['^[a-z][a-z0-9_-]{0,62}$', true],
  ['[a-z]', true],
  ['^(?:foo|bar)$', true],
  ['a+b', false],
  ['^(a+)+$', false],
  ['^a|b+', false],
  ['^a?a?$', false],
  ['^[)+*]\\+\\*$', true],
])('the pattern %s is plain: %s', (pattern, isPlain) => {
  expect(isPlainPattern(pattern)).toBe(isPlain)
})

describe('generated checks', () => {
  const schema = {type: 'string', minLength: 2, format: 'email', pattern: '^(a|b)+@'}

  test('a second compiler takes the check from the cache without ajv', async () => {
    const cacheDir = freshDir()
    await new SchemaCompiler({cacheDir}).compile(schema)
    const [name = ''] = readdirSync(cacheDir)
    expect(name).toBe(schemaFileName(schema))
    expect(statSync(join(cacheDir, name)).mode & 0o777).toBe(0o600)
    const inode = statSync(join(cacheDir, name)).ino
    const check = await new SchemaCompiler({cacheDir}).compile(schema)
    expect(check('ab@example.com')).toEqual([])
    expect(check('c').length).toBeGreaterThan(1)
    expect(statSync(join(cacheDir, name)).ino).toBe(inode)
  })

  test.each<[string, (file: string) => void]>([
    ['cut off', (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200))],
    ['changed', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"use strict"', 'throw 1'))],
    ['empty', (file) => writeFileSync(file, '')],
  ])('a cache file that was %s is made again', async (_case, damage) => {
    const cacheDir = freshDir()
    await new SchemaCompiler({cacheDir}).compile(schema)
    const file = join(cacheDir, schemaFileName(schema))
    const before = readFileSync(file, 'utf8')
    damage(file)
    const check = await new SchemaCompiler({cacheDir}).compile(schema)
    expect(check('c').length).toBeGreaterThan(1)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  const accepting = sealCode(schemaFileName(schema), 'module.exports = () => true')

  test('a sealed cache file of the user is executed', async () => {
    const cacheDir = freshDir()
    await new SchemaCompiler({cacheDir}).compile(schema)
    writeFileSync(join(cacheDir, schemaFileName(schema)), accepting)
    const check = await new SchemaCompiler({cacheDir}).compile(schema)
    expect(check('c')).toEqual([])
  })

  test.each<[string, (file: string, cacheDir: string) => void | Promise<void>]>([
    [
      'that others can write',
      (file) => {
        writeFileSync(file, accepting)
        chmodSync(file, 0o622)
      },
    ],
    [
      'that is a symbolic link',
      (file, cacheDir) => {
        writeFileSync(join(cacheDir, 'elsewhere'), accepting, {mode: 0o600})
        rmSync(file)
        symlinkSync('elsewhere', file)
      },
    ],
    [
      'that is the check of another schema',
      async (file, cacheDir) => {
        await new SchemaCompiler({cacheDir}).compile(true)
        copyFileSync(join(cacheDir, schemaFileName(true)), file)
      },
    ],
  ])('a cache file %s is not executed', async (_case, replace) => {
    const cacheDir = freshDir()
    await new SchemaCompiler({cacheDir}).compile(schema)
    await replace(join(cacheDir, schemaFileName(schema)), cacheDir)
    const check = await new SchemaCompiler({cacheDir}).compile(schema)
    expect(check('c').length).toBeGreaterThan(1)
  })

  test('the build fills a directory that is looked up first and never written', async () => {
    const builtInDir = freshDir()
    const cacheDir = freshDir()
    expect(await compileSchemas([schema, schema, server], builtInDir)).toHaveLength(2)
    const check = await new SchemaCompiler({builtInDir, cacheDir}).compile(schema)
    expect(check('ab@example.com')).toEqual([])
    expect(existsSync(cacheDir)).toBe(false)
  })

  test('a cache directory that cannot be made does no harm', async () => {
    const check = await new SchemaCompiler({cacheDir: '/dev/null/cache'}).compile(schema)
    expect(check('ab@example.com')).toEqual([])
  })

  test('the cache key names the installed version of ajv', () => {
    const {version} = createRequire(import.meta.url)('ajv/package.json') as {version: string}
    expect(generatorVersion.split('/')[0]).toBe(`ajv-${version}`)
  })
})
