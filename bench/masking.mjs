// Hiding values in a log: this masker against one alternation RegExp, replaceAll per pattern and the redactor of dotenvx, with the same patterns.
// Usage: node --expose-gc bench/masking.mjs [--rounds N]

import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {parseArgs} from 'node:util'
import {build} from 'esbuild'

const {values: flags} = parseArgs({options: {rounds: {type: 'string', default: '7'}}})
const rounds = Number(flags.rounds)
const here = fileURLToPath(new URL('.', import.meta.url))
const masking = join(here, '..', 'src', 'lib', 'masking')
const chunkSize = 65_536
// A subject that is slower than this for the whole log gets a part of it.
const longestMs = 1500

const dir = mkdtempSync(join(tmpdir(), 'autokestra-bench-masking-'))
try {
  await main(await loadMasking())
} finally {
  rmSync(dir, {recursive: true, force: true})
}

async function loadMasking() {
  const outfile = join(dir, 'masking.mjs')
  const contents = `export {SecretMasker} from './secret-masker.ts'\nexport {writtenForms} from './forms/written-forms.ts'`
  const options = {bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'warning'}
  await build({...options, stdin: {contents, resolveDir: masking, loader: 'ts'}, outfile})
  return import(pathToFileURL(outfile).href)
}

async function main({SecretMasker, writtenForms}) {
  const maskerOf = (secrets) => {
    const masker = new SecretMasker()
    for (const secret of secrets) masker.add(secret)
    return masker
  }

  const first = performance.now()
  maskerOf(['ghp_abcdefGHIJKL0123456789abcd']).mask('a line')
  console.log(
    `first value of a process, from add() to the first masked line: ${(performance.now() - first).toFixed(2)} ms (no code was compiled yet)`,
  )

  const log = makeLog(10_000_000)
  const redactor = loadRedactor()
  for (const count of [1, 50, 500, 5000]) {
    const secrets = makeSecrets(count)
    const patterns = [...new Set(secrets.flatMap((secret) => [...writtenForms(Buffer.from(secret)).patterns]))].sort(
      (a, b) => b.length - a.length,
    )
    globalThis.gc?.()
    const memoryBefore = process.memoryUsage()
    const masker = maskerOf(secrets)
    const startedAt = performance.now()
    masker.mask('a line')
    const compileMs = performance.now() - startedAt
    globalThis.gc?.()
    const memory = process.memoryUsage()
    const mib = (memory.heapUsed + memory.arrayBuffers - memoryBefore.heapUsed - memoryBefore.arrayBuffers) / 2 ** 20
    console.log(
      `\n${count} secrets of 24 bytes, ${patterns.length} patterns: compiled in ${compileMs.toFixed(0)} ms, ${mib.toFixed(1)} MiB kept`,
    )
    const subjects = [
      {name: 'RegExp', ...tryTo(() => regExpOf(patterns))},
      {name: 'replaceAll', run: inChunks((text) => patterns.reduce((rest, pattern) => rest.replaceAll(pattern, '***SECRET***'), text))},
      ...(redactor === undefined ? [] : [{name: 'dotenvx', run: streamOf(redactor, patterns)}]),
      {name: 'masker', run: streamOf(() => masker.openStream())},
    ]
    report(throughput(subjects, log))
  }

  console.log('\none line of 64 KB, 50 secrets of 1 KB with all forms')
  const large = maskerOf(makeSecrets(50, 768))
  const line = makeLog(65_536).toString('latin1').replaceAll('\n', ' ')
  large.mask(line)
  const raws = makeSecrets(50, 768)
  const raw = regExpOf(raws).run
  printQuantiles(
    'masker, all forms',
    sample(() => large.mask(line)),
  )
  printQuantiles(
    'RegExp, raw forms only',
    sample(() => raw(Buffer.from(line))),
  )

  console.log('\nhostile: 50 secrets a^500 X a^500 with all forms, 1 MB of a')
  const text = Buffer.alloc(1_000_000, 'a')
  const repetitive = Array.from({length: 50}, (_, index) => `${'a'.repeat(500)}X${index}${'a'.repeat(500)}`)
  const hostile = maskerOf(repetitive)
  hostile.mask('a line')
  const hostileSubjects = [
    {name: 'RegExp, raw only', ...regExpOf(repetitive)},
    ...(redactor === undefined ? [] : [{name: 'dotenvx, raw only', run: streamOf(redactor, repetitive)}]),
    {name: 'masker', run: streamOf(() => hostile.openStream())},
  ]
  report(throughput(hostileSubjects, text))

  console.log('\n200 000 writes of one byte, 50 secrets of 1 KB that begin alike')
  const alike = makeSecrets(50, 384).map((secret) => 'k'.repeat(512) + secret)
  const shared = maskerOf(alike)
  shared.mask('a line')
  const bytes = Buffer.alloc(200_000, 'k')
  const writes = [
    ...(redactor === undefined ? [] : [{name: 'dotenvx, raw only', run: streamOf(redactor, alike, 1)}]),
    {name: 'masker, k^200000', run: streamOf(() => shared.openStream(), [], 1)},
    {name: 'masker, a log', run: (part) => streamOf(() => shared.openStream(), [], 1)(log.subarray(0, part.length))},
  ]
  report(throughput(writes, bytes))
}

/** Secrets as random generators make them: letters, digits and the signs of base64. */
function makeSecrets(count, bytes = 18) {
  return Array.from({length: count}, (_, index) => {
    const blocks = Array.from({length: Math.ceil(bytes / 64)}, (_, block) =>
      createHash('sha512').update(`${count}-${index}-${block}`).digest(),
    )
    return Buffer.concat(blocks).subarray(0, bytes).toString('base64')
  })
}

function makeLog(size) {
  let text = ''
  for (let index = 0; text.length < size; index++) {
    const id = createHash('sha256')
      .update(String(index % 5000))
      .digest('hex')
      .slice(0, 16)
    text += `2026-03-05T10:${index % 60}:00.${index % 1000}Z info [worker-${index % 7}] GET /api/v1/items/${index} 200 ${(index * 7) % 911}ms user=alice request=${id}\n`
    if (index % 9 === 0)
      text += `{"level":"warn","message":"retrying in ${index % 30} s","host":"node-${index % 13}.example.com","trace":"${id}${id}"}\n`
  }
  return Buffer.from(text.slice(0, size))
}

function regExpOf(patterns) {
  const longestFirst = patterns.toSorted((a, b) => b.length - a.length)
  const expression = new RegExp(longestFirst.map((pattern) => pattern.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  expression.test('a line')
  return {run: inChunks((text) => text.replaceAll(expression, '***SECRET***'))}
}

/** dotenvx hands no redactor out by its name; the one it puts on the output of what it runs is a file of the package. */
function loadRedactor() {
  if (!existsSync(join(here, 'node_modules', '@dotenvx')))
    execFileSync('npm', ['install', '--no-package-lock'], {cwd: here, stdio: 'inherit'})
  const {createRedactor} = createRequire(import.meta.url)(join(here, 'node_modules/@dotenvx/dotenvx/src/lib/helpers/redactOutput.js'))
  return (patterns) => {
    const redactor = createRedactor(patterns)
    return {push: (chunk) => redactor.write(chunk), end: () => redactor.flush()}
  }
}

function streamOf(open, patterns = [], size = chunkSize) {
  return (bytes) => {
    const stream = open(patterns)
    let length = 0
    for (let at = 0; at < bytes.length; at += size) length += stream.push(bytes.subarray(at, at + size)).length
    return length + stream.end().length
  }
}

/** What works on whole texts, chunk by chunk: it would miss what is cut. */
function inChunks(replace) {
  return streamOf(() => ({push: (chunk) => replace(chunk.toString('latin1')), end: () => ''}))
}

function tryTo(make) {
  try {
    return make()
  } catch (error) {
    return {failure: error.message.slice(0, 60).replace(/: .*/s, '')}
  }
}

/** Each subject in turn, on as much of the text as it can do in time. */
function throughput(subjects, text) {
  const results = subjects.map((subject) => ({...subject, bytes: 0, times: []}))
  for (const result of results) {
    if (result.run === undefined) continue
    result.bytes = Math.min(text.length, 20_000)
    for (;;) {
      const ms = timeOf(() => result.run(text.subarray(0, result.bytes)))
      if (result.bytes === text.length || ms > longestMs / 10) break
      result.bytes = Math.min(text.length, result.bytes * 4)
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const result of results) {
      if (result.run !== undefined) result.times.push(timeOf(() => result.run(text.subarray(0, result.bytes))))
    }
  }
  return results
}

function timeOf(work) {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

function sample(work) {
  return Array.from({length: 1000}, () => timeOf(work)).sort((a, b) => a - b)
}

function printQuantiles(name, times) {
  const at = (share) => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(3)} ms`
  console.log(`  ${name.padEnd(24)} p50 ${at(0.5)}   p99 ${at(0.99)}`)
}

/** In megabytes per second; the ratio is that to the masker, of the best times. */
function report(results) {
  const speed = (result, ms) => result.bytes / 1000 / ms
  const best = (result) => speed(result, Math.min(...result.times))
  const masker = results.at(-1)
  for (const result of results) {
    if (result.times.length === 0) {
      console.log(`  ${result.name.padEnd(24)} ${result.failure ?? 'too slow'}`)
      continue
    }
    const median = speed(result, result.times.toSorted((a, b) => a - b)[Math.floor(result.times.length / 2)] ?? Number.NaN)
    const ratio = result === masker ? '' : `   the masker is ${(best(masker) / best(result)).toFixed(1)} times as fast`
    console.log(
      `  ${result.name.padEnd(24)} best ${best(result).toFixed(2).padStart(8)} MB/s   median ${median.toFixed(2).padStart(8)} MB/s${ratio}`,
    )
  }
}
