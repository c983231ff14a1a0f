// Packages that would be loaded at every start, but that only few commands use: in the bundle they are loaded at their first use instead.

/**
 * Stands in for a package that is a function, or an object with functions. What TypeScript makes of an import looks at `__esModule` at once, which
 * would be too early.
 * @param {string} name
 */
const standIn = (name) => `module.exports = new Proxy(function () {}, {
  get: (_, key) => (key === '__esModule' ? false : require('${name}')[key]),
  apply: (_, self, args) => require('${name}').apply(self, args),
})`

/**
 * Stands in for a package of which ES modules import these names.
 * @param {string} name
 * @param {string[]} exports
 */
const getters = (name, exports) =>
  `module.exports = {__esModule: true, ${exports.map((key) => `get ${key}() { return require('${name}').${key} }`).join(', ')}}`

/** Who loads it too early, and what is there instead. `isExternal`: it cannot be bundled. */
const rules = [
  {
    names: [
      'ansi-escapes',
      'ansis',
      'clean-stack',
      'cli-spinners',
      'ejs',
      'get-package-type',
      'lilconfig',
      'minimatch',
      'node:child_process',
      'node:perf_hooks',
      'node:readline',
      'tinyglobby',
      'wrap-ansi',
    ],
    importer: /[\\/]@oclif[\\/]core[\\/]/,
    contents: standIn,
  },
  // It reads several files to learn whether this is WSL; oclif names the platform so in links for downloads, and we have none.
  {names: ['wsl-utils'], importer: /[\\/]@oclif[\\/]core[\\/]/, contents: () => 'module.exports = {isWsl: false}'},
  // Seventy modules that know where something is written: for documents with findings only.
  {
    names: ['yaml'],
    importer: /[\\/]src[\\/]lib[\\/]documents[\\/]/,
    contents: () => getters('yaml', ['CST', 'Lexer', 'Parser', 'isCollection', 'parseAllDocuments', 'visit']),
  },
  // It creates an Intl.Segmenter when it is loaded.
  {
    names: ['string-width'],
    importer: /[\\/]src[\\/]lib[\\/]/,
    contents: () => 'module.exports = (text) => require("string-width").default(text)',
  },
  // docker-modem loads it, with its native parts, for every engine; it is needed for `DOCKER_HOST=ssh://…` only.
  {
    names: ['ssh2'],
    importer: /[\\/]docker-modem[\\/]/,
    contents: () => 'module.exports = {Client: function (...args) { return new (require("ssh2").Client)(...args) }}',
    isExternal: true,
  },
]

/** An esbuild plugin. */
export const latePackages = {
  name: 'late-packages',
  setup(plugin) {
    for (const {names, importer: early, contents, isExternal = false} of rules) {
      const filter = new RegExp(`^(${names.join('|')})$`)
      plugin.onResolve({filter}, ({path, importer, namespace, resolveDir}) => {
        if (namespace === 'late' && isExternal) return {path, external: true}
        return namespace === 'file' && early.test(importer) ? {path, namespace: 'late', pluginData: resolveDir} : undefined
      })
      plugin.onLoad({filter, namespace: 'late'}, ({path, pluginData: resolveDir}) => ({contents: contents(path), resolveDir}))
    }
  },
}
