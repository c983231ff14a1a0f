// The walls of the house. Each rule's comment is for the person who just ran into it.

/** A folder of src/lib may import itself and what stands below it; everything else of ours is out. */
function floor(name, folder, below, comment) {
  const self = `^src/lib/${folder}/`
  return {
    name: `floor-${name}`,
    comment,
    severity: 'error',
    from: {path: self},
    to: {path: '^(src|sdk|plugins|test|scripts|bench)/', pathNot: [self, ...below.map((path) => `^src/lib/${path}`)]},
  }
}

/** A library is imported in one place, so that it can be replaced there, and so that loading it stays a decision. */
function door(name, library, path, comment) {
  return {
    name: `door-${name}`,
    comment,
    severity: 'error',
    from: {path: '^(src|sdk|plugins)/', pathNot: [path, '/test/']},
    to: {path: `(^|/)node_modules/(@types/)?(${library})(/|$)|^(node:)?(${library})$`},
  }
}

const ground = ['errors/', 'util/', 'documents/']
const language = ['workflow/', 'templates/', 'masking/']

/** Types of the wire protocol are shared with the SDK; nothing else of it is. */
function withProtocol(rule) {
  return {...rule, to: {...rule.to, pathNot: [...rule.to.pathNot, '^sdk/(src|dist)/protocol\\.']}}
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'These modules need each other, so neither can be understood or tested alone. Move what both need into a third one below them.',
      severity: 'error',
      from: {},
      to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}},
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this module and it is no entry point. Delete it, or wire it up.',
      severity: 'error',
      from: {orphan: true, path: '^(src|sdk/src)/', pathNot: ['\\.d\\.ts$', '^src/cli\\.ts$']},
      to: {},
    },
    {
      name: 'not-to-dev-dep',
      comment:
        'Users do not get devDependencies. If the program needs this package when it runs, move it to `dependencies` (and defend it).',
      severity: 'error',
      from: {path: '^(src|sdk/src|plugins)/', pathNot: ['/test/']},
      to: {dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: ['node_modules/@types/']},
    },
    {
      name: 'not-to-unresolvable',
      comment: 'This import leads nowhere. Is the file name complete, with its `.ts`?',
      severity: 'error',
      from: {path: '^(src|sdk/src|plugins)/'},
      to: {couldNotResolve: true},
    },
    {
      name: 'not-to-test',
      comment: 'The program must not lean on its tests.',
      severity: 'error',
      from: {path: '^(src|sdk/src|bin)/'},
      to: {path: '^(test|bench)/|/test/'},
    },

    floor(
      'util',
      'util',
      ['errors/'],
      'util/ is the ground: one small thing per file, no words of the domain. Nothing of ours may be imported but errors/.',
    ),
    floor('errors', 'errors', [], 'errors/ is the ground: it may import nothing of ours.'),
    floor(
      'documents',
      'documents',
      ['errors/', 'util/'],
      'documents/ reads any YAML document. What a workflow or a manifest means belongs to its own folder.',
    ),
    floor('templates', 'templates', ground, 'templates/ knows text and values, not workflows or runs.'),
    floor('masking', 'masking', ground, 'masking/ knows bytes and patterns, nothing of runs or secrets.'),
    floor(
      'workflow',
      'workflow',
      [...ground, 'templates/'],
      'workflow/ is the file and its meaning. It may use templates/, and must not know how things are run, kept or shown.',
    ),
    floor('runtimes', 'runtimes', [...ground, ...language], 'runtimes/ starts programs. It must not know plugins, runs or the database.'),
    floor(
      'secrets',
      'secrets',
      [...ground, ...language],
      'secrets/ keeps values. It asks for rows through its own port, SecretRows, and must not know the database.',
    ),
    withProtocol(
      floor(
        'plugins',
        'plugins',
        [
          ...ground,
          ...language,
          'runtimes/(runtime|start-error|sandbox|network-rule|network-door|image-engine)\\.ts$',
          'engine/(events|ports)\\.ts$',
        ],
        'plugins/ starts programs through the port in runtimes/runtime.ts, so that a container can take the place of a process. It implements the ports of the engine and ' +
          'may import those, and nothing else from above.',
      ),
    ),
    withProtocol(
      floor(
        'engine',
        'engine',
        [...ground, ...language, 'secrets/', 'plugins/', 'runtimes/runtime\\.ts$', 'runtimes/start-error\\.ts$'],
        'engine/ decides. What it needs from storage, ui or a runtime it asks for in engine/ports.ts; app.ts hands it in.',
      ),
    ),
    ...['storage', 'config', 'ui'].map((folder) =>
      withProtocol(
        floor(
          folder,
          folder,
          [...ground, ...language, 'secrets/', 'runtimes/', 'plugins/', 'engine/'],
          `${folder}/ implements a port of the engine. storage, config and ui must not know each other: app.ts brings them together.`,
        ),
      ),
    ),
    {
      name: 'only-app-knows-all',
      comment:
        'src/lib/app/app.ts puts the parts together, with the files beside it that it opens. A command asks the App; a part gets what it needs through its options.',
      severity: 'error',
      from: {path: '^src/lib/', pathNot: ['^src/lib/[^/]+\\.ts$']},
      to: {path: '^src/lib/[^/]+\\.ts$'},
    },
    {
      name: 'commands-ask-the-app',
      comment:
        'A command parses, calls one function and returns a value. It may import lib/app.ts, lib/ui and lib/errors; from the other folders only types, or with ' +
        'import() the one function it calls when that needs no App.',
      severity: 'error',
      from: {path: '^src/(commands|hooks)/|^src/[^/]+\\.ts$'},
      to: {
        path: '^src/lib/',
        pathNot: ['^src/lib/(app\\.ts$|ui/|errors/|util/)', '^src/lib/config/paths\\.ts$'],
        dependencyTypesNot: ['type-only'],
        dynamic: false,
      },
    },
    {
      name: 'lib-knows-no-command',
      comment: 'src/lib works without a command line. Move what you need down, or pass it in.',
      severity: 'error',
      from: {path: '^src/lib/'},
      to: {path: '^src/(commands/|hooks/|[^/]+\\.ts$)'},
    },
    {
      name: 'sdk-stands-alone',
      comment: 'The SDK goes into every plugin, so it has no dependencies: Node and its own files only.',
      severity: 'error',
      from: {path: '^sdk/src/'},
      to: {pathNot: ['^sdk/src/'], dependencyTypesNot: ['core']},
    },
    {
      name: 'plugins-import-the-sdk-only',
      comment:
        "A bundled plugin is written like everybody else's: Node, its own files and @autokestra/plugin-sdk. (The language of expressions is shared, by " +
        'its name autokestra:expression, and the check of JSON numbers, by autokestra:inexact-number.)',
      severity: 'error',
      from: {path: '^plugins/([^/]+)/', pathNot: ['/test/']},
      to: {
        pathNot: ['^plugins/$1/', '^sdk/(src|dist)/', '^src/lib/(templates/expression|util/inexact-number)\\.ts$'],
        dependencyTypesNot: ['core'],
      },
    },

    door('sql', 'better-sqlite3|drizzle-orm', '^src/lib/storage/', 'Only storage/ knows SQL. Ask for what you need through a port.'),
    door(
      'documents',
      'yaml|js-yaml|ajv|ajv-formats|re2js',
      '^src/lib/documents/',
      'Only documents/ reads YAML and checks schemas: its findings carry file, line and column.',
    ),
    door('expressions', '@marcbachmann/cel-js', '^src/lib/templates/', 'Only templates/ evaluates expressions.'),
    door(
      'compiler',
      'esbuild',
      '^src/lib/plugins/',
      'Only plugins/ compiles TypeScript, and only when a plugin needs it: loading esbuild costs as much as starting Node.',
    ),
    door(
      'engine',
      'docker-modem',
      '^src/lib/runtimes/docker-(client|dial)\\.ts$',
      'Only runtimes/docker-client.ts speaks to the Docker engine; loading its library costs as much as starting Node.',
    ),
    door('archives', 'tar-fs', '^src/lib/plugins/', 'Only plugins/ packs directories: the context an image is built from.'),
    door(
      'prompts',
      '@inquirer/[a-z]+',
      '^src/lib/ui/prompt\\.ts$',
      'Only ui/prompt.ts asks questions, and it knows where nobody can answer.',
    ),
    door(
      'oclif',
      '@oclif/core',
      '^src/(commands/|completion/|help/|hooks/|[^/]+\\.ts$)',
      'oclif ends at the commands. src/lib works without a command line.',
    ),
    door(
      'processes',
      'child_process',
      '^src/lib/runtimes/|^sdk/src/|^plugins/',
      'Only runtimes/ starts programs: it also ends them, with all their children.',
    ),
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    exclude: {path: '^dist/|^sdk/dist/|^plugins/[^/]+/dist/|^examples/'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['source', 'import', 'require', 'node', 'default']},
  },
}
