// Packages with native parts stay in node_modules, and are loaded with require(): import() would start Node's ES module loader.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'

const sqlite = 'better-sqlite3'

/**
 * The JavaScript of better-sqlite3 is ten small files, which are quicker to load from the bundle. It must be that of the native part, and npm may have
 * installed another version than the one that was bundled.
 * @param {string} version the one that is bundled
 * @param {string} main its main file; a path, as not every version exports it by name
 */
const sqliteOf = (version, main) => `
  let installed
  try {
    installed = require('${sqlite}/package.json').version
  } catch {}
  module.exports = installed === '${version}' ? require(${JSON.stringify(main)}) : require('${sqlite}')`

/** How better-sqlite3 looks for its native part in all unusual locations: beside its own files, not beside the bundle. */
const bindings = `
  module.exports = (name) => {
    const file = require.resolve('${sqlite}/package.json')
    return require('node:module').createRequire(file)('bindings')({bindings: name, module_root: require('node:path').dirname(file)})
  }`

/** An esbuild plugin. @param {string} root directory of the package */
export const nativePackages = (root) => ({
  name: 'native-packages',
  setup(plugin) {
    const directory = join(root, 'node_modules', sqlite)
    const {version, main, dependencies} = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    // Version 13 looks for its native part beside its own files, so it stays there.
    const isBundled = dependencies?.bindings !== undefined
    const contents = {
      [sqlite]: isBundled ? sqliteOf(version, join(directory, main)) : `module.exports = require('${sqlite}')`,
      bindings,
      esbuild: "module.exports = require('esbuild')",
    }
    plugin.onResolve({filter: /^(better-sqlite3(\/package\.json)?|esbuild|bindings)$/}, ({path, namespace}) =>
      namespace === 'native' || !(path in contents) ? {path, external: true} : {path, namespace: 'native'},
    )
    plugin.onLoad({filter: /.*/, namespace: 'native'}, ({path}) => ({contents: contents[path], resolveDir: root}))
  },
})
