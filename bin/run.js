#!/usr/bin/env node
// Starts the bundle. Knows nothing of commands; what it does without the bundle is only what must be quick or must run on any Node.
'use strict'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: workflow needs Node.js 20.19 or newer, and this is ${process.versions.node}\n`)
  process.exitCode = 1
} else if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2])) {
  const {name, version} = require('../package.json')
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  const {join} = require('node:path')
  const {loadBundle} = require('./load-bundle.js')
  loadBundle(join(__dirname, '..', 'dist', 'cli.cjs')).main(process.argv.slice(2))
}
