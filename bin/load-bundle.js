// Loads the bundle like require() does, but with V8's compiled code kept beside it: that halves what starting costs besides Node itself.
// Node 22.8 has module.enableCompileCache() for this; Node 20 has not, and the kept code must fit exactly this bundle on every version.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')
const Module = require('node:module')

/** How many bytes at the head of the bundle and of the kept code name the build. V8 itself compares only the length of the source. */
const stampLength = 64

/**
 * First words whose kept code is not `main`: a file of two megabytes each. The first start of a group decides what is kept, so a group is of commands
 * that need mostly the same.
 */
const groups = new Map([
  ...['complete', 'plugin', 'run', 'runs', 'secrets', 'validate'].map((word) => [word, word]),
  ...['check', 'explain', 'graph', 'tasks'].map((word) => [word, 'validate']),
  ['test', 'run'],
])

function cacheFile(file) {
  const group = groups.get(process.argv[2]) ?? 'main'
  return path.join(path.dirname(file), 'code-cache', `${group}-${process.versions.v8}-${process.arch}.bin`)
}

function readCode(file, stamp) {
  try {
    const bytes = fs.readFileSync(file)
    return bytes.latin1Slice(0, stampLength) === stamp ? bytes.subarray(stampLength) : undefined
  } catch {
    // Absent before the first start, unreadable in an odd installation: then the bundle is compiled as usual.
    return undefined
  }
}

function keepCode(file, stamp, script) {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    fs.mkdirSync(path.dirname(file), {recursive: true})
    fs.writeFileSync(temporary, Buffer.concat([Buffer.from(stamp, 'latin1'), script.createCachedData()]), {flag: 'wx'})
    fs.renameSync(temporary, file)
  } catch {
    // An installation that belongs to somebody else, or a full disk: starting stays slower, nothing else changes.
    removeIfThere(temporary)
  }
}

function removeIfThere(file) {
  try {
    fs.unlinkSync(file)
  } catch {
    // It was never written.
  }
}

/**
 * The exports of the bundle, whose file is one function in brackets. Also answers later `require(file)` calls, as oclif makes them for commands and hooks.
 * `keepsCode`: false where what is executed is not what commands execute.
 */
exports.loadBundle = (file, {keepsCode = true} = {}) => {
  const source = fs.readFileSync(file, 'latin1')
  const stamp = source.slice(0, stampLength)
  const codeFile = cacheFile(file)
  const cachedData = readCode(codeFile, stamp)
  const script = new vm.Script(source, {filename: file, cachedData})
  // At exit, because only then is known which functions this kind of command needs.
  if (keepsCode && (cachedData === undefined || script.cachedDataRejected)) process.once('exit', () => keepCode(codeFile, stamp, script))

  const bundle = new Module(file, module)
  bundle.filename = file
  bundle.paths = module.paths
  bundle.importFromBundle = (url) => import(url)
  Module._cache[file] = bundle
  script.runInThisContext()(bundle.exports, Module.createRequire(file), bundle, file, path.dirname(file))
  bundle.loaded = true
  return bundle.exports
}
