#!/usr/bin/env node
// Starts `workflow` from the sources: bundles them first, which takes half a second. Not part of the package.
'use strict'

const {pathToFileURL} = require('node:url')
const {join} = require('node:path')

import(pathToFileURL(join(__dirname, '..', 'scripts', 'build.mjs')).href)
  .then(({buildBundle}) => buildBundle())
  .then(() => require('./run.js'))
