// The walls of the house. Each rule's comment is for the person who just ran into it.

/** The rooms of src/lib by floor: a room imports rooms of lower floors, and of its own floor only those named beside it. */
const floors = [
  {errors: [], util: ['errors'], files: ['util', 'errors'], documents: ['util', 'files', 'errors']},
  {templates: [], masking: [], network: [], runtimes: ['network'], workflow: ['templates']},
  {
    engine: [],
    plugins: [],
    permissions: [],
    advice: [],
    secrets: [],
    cache: [],
  },
  {images: [], processes: [], docker: [], egress: []},
  {execution: [], storage: []},
  {planning: [], inspection: [], config: [], explain: [], testing: [], ui: ['planning', 'inspection', 'explain', 'testing']},
]

/** What to tell the person who imported something that a room must not know. */
const comments = {
  errors: 'errors/ is the ground: it imports nothing of ours.',
  util: 'util/ holds one small thing per file, without words of the domain. It imports errors/ only.',
  files: 'files/ reads and writes files safely. It knows nothing of what is in them.',
  documents: 'documents/ reads any YAML document. What a workflow or a manifest means belongs to its own room.',
  templates: 'templates/ knows text and values, not workflows or runs.',
  masking: 'masking/ knows bytes and patterns, nothing of runs or secrets.',
  network: 'network/ is pure: rules, hosts, addresses, paths. It opens no connection.',
  runtimes: 'runtimes/ holds the ports that processes/, docker/ and egress/ implement. No implementation belongs here.',
  workflow: 'workflow/ is the file and its meaning. It must not know how things are run, kept or shown.',
  engine:
    'engine/ is the run as a model. What it needs of plugins, secrets, storage or a runtime is a port or a type of its own, implemented above it.',
  plugins: 'plugins/ is the catalogue: manifests and where they are. Running a plugin belongs to execution/, its image to images/.',
  permissions: 'permissions/ enforces what a workflow grants. Advice about grants belongs to advice/ and inspection/.',
  advice: 'advice/ warns about grants that are too broad. It must not import what enforces them, and the reverse.',
  secrets: 'secrets/ keeps values. It asks for rows through its own port, SecretRows, and must not know the database.',
  cache:
    'cache/ judges whether the result of a task still holds. It knows files and digests, and neither templates nor SQL; storage/ implements its port.',
  images: 'images/ knows what an image is made of. The Docker engine is behind the port runtimes/image-engine.ts.',
  processes: 'processes/ starts programs of this machine. It must not know containers, plugins or runs.',
  docker:
    'docker/ runs containers. How the network gateway decides (egress/, network/) is not its concern: it gets a gateway through runtimes/network-gateway.ts.',
  egress: 'egress/ is the network gateway. It must not know what kind of sandbox is behind its socket.',
  execution: 'execution/ runs one action. It starts programs through the ports in runtimes/, never through an implementation.',
  storage: 'storage/ implements the ports of the engine and of the secrets. Nothing else needs SQL.',
  planning: 'planning/ turns documents into a plan. It runs nothing.',
  inspection: 'inspection/ describes plugins for people. It must not decide what is granted.',
  explain: 'explain/ says what came of a task, from its journal and its plan. It opens nothing and prints nothing.',
  testing:
    'testing/ is test files of workflows: their cases, mocked results, and whether what came of a run is what was expected. It starts nothing.',
  config: 'config/ reads settings and the environment. Planning, inspection and ui get the Config handed in.',
  ui: 'ui/ shows values. It may import the types of what it shows, and nothing that decides.',
}

const roomRules = floors.flatMap((rooms, floor) => {
  const below = floors.slice(0, floor).flatMap((lower) => Object.keys(lower))
  return Object.entries(rooms).map(([room, beside]) => ({
    name: `room-${room}`,
    comment: comments[room],
    severity: 'error',
    from: {path: `^src/lib/${room}/`},
    to: {
      path: '^(src|sdk|plugins|test|scripts|bench)/',
      // Types of the wire protocol are shared with the SDK; nothing else of it is.
      pathNot: [...[room, ...below, ...beside].map((name) => `^src/lib/${name}/`), ...(floor >= 2 ? ['^sdk/(src|dist)/protocol\\.'] : [])],
    },
  }))
})

/** `from` must not import `to`, though the floors would let it. */
function apart(name, from, to, comment) {
  return {name: `apart-${name}`, comment, severity: 'error', from: {path: from}, to: {path: to}}
}

/** A library is imported in one room, so that it can be replaced there, and so that loading it stays a decision. */
function library(name, packages, path, comment) {
  return {
    name: `library-${name}`,
    comment,
    severity: 'error',
    from: {path: '^(src|sdk|plugins)/', pathNot: [path, '/test/']},
    to: {path: `(^|/)node_modules/(@types/)?(${packages})(/|$)|^(node:)?(${packages})$`},
  }
}

module.exports = {
  floors,
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'These modules need each other, so neither can be understood or tested alone. Move what both need into a third one below them. ' +
        'Circles of types count: they tie files together just as well.',
      severity: 'error',
      from: {},
      to: {circular: true},
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

    ...roomRules,
    apart(
      'docker-from-decisions',
      '^src/lib/docker/',
      '^src/lib/(network|plugins|permissions|secrets|engine|workflow)/',
      'A container gets a Sandbox and obeys it. Rules, grants and plugins are decided before.',
    ),
    apart(
      'egress-from-plugins',
      '^src/lib/egress/',
      '^src/lib/(plugins|permissions|secrets|engine|workflow|masking)/',
      'The gateway knows the rules of one grant, and nothing of who asked for it.',
    ),
    apart(
      'processes-from-decisions',
      '^src/lib/processes/',
      '^src/lib/(plugins|permissions|secrets|engine|workflow|network|masking)/',
      'A process gets a command and an environment. What it is for is decided before.',
    ),
    apart(
      'execution-from-implementations',
      '^src/lib/execution/',
      '^src/lib/(processes|docker|egress|secrets)/',
      'execution/ speaks to programs through the ports in runtimes/: app/ decides which implementation it gets.',
    ),
    apart(
      'storage-from-doing',
      '^src/lib/storage/',
      '^src/lib/(images|processes|docker|egress|plugins|permissions|network|workflow|templates|masking)/',
      'storage/ keeps rows: events and secrets, as the ports of engine/ and secrets/ name them.',
    ),
    {
      name: 'only-app-knows-all',
      comment: 'src/lib/app/ puts the parts together. A command asks the App; a part gets what it needs through its options.',
      severity: 'error',
      from: {path: '^src/lib/', pathNot: ['^src/lib/app/']},
      to: {path: '^src/lib/app/'},
    },
    {
      name: 'commands-ask-the-app',
      comment:
        'A command parses, calls one function of lib/app, and returns a value. What it prints comes from lib/ui, and an error of the command line from ' +
        'lib/errors. From the other rooms but util/ it may import types.',
      severity: 'error',
      from: {path: '^src/commands/'},
      to: {path: '^src/lib/', pathNot: ['^src/lib/(app|ui|errors|util)/'], dependencyTypesNot: ['type-only']},
    },
    {
      name: 'cli-knows-no-domain',
      comment:
        'src/cli/ is what all commands share: errors, signals, help, and where extensions are kept. What a command does belongs to lib/app.',
      severity: 'error',
      from: {path: '^src/cli/|^src/[^/]+\\.ts$'},
      to: {path: '^src/lib/', pathNot: ['^src/lib/(app|ui|errors|config|files|util)/'], dependencyTypesNot: ['type-only']},
    },
    {
      name: 'lib-knows-no-command',
      comment: 'src/lib works without a command line. Move what you need down, or pass it in.',
      severity: 'error',
      from: {path: '^src/lib/'},
      to: {path: '^src/(commands/|cli/|[^/]+\\.ts$)'},
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

    library('sql', 'better-sqlite3|drizzle-orm', '^src/lib/storage/', 'Only storage/ knows SQL. Ask for what you need through a port.'),
    library(
      'documents',
      'yaml|js-yaml|ajv|ajv-formats|re2js',
      '^src/lib/documents/',
      'Only documents/ reads YAML and checks schemas: its findings carry file, line and column.',
    ),
    library('expressions', '@marcbachmann/cel-js', '^src/lib/templates/', 'Only templates/ evaluates expressions.'),
    library(
      'compiler',
      'esbuild',
      '^src/lib/plugins/',
      'Only plugins/ compiles TypeScript, and only when a plugin needs it: loading esbuild costs as much as starting Node.',
    ),
    library(
      'engine',
      'docker-modem',
      '^src/lib/docker/api/',
      'Only docker/api/ speaks to the Docker engine; loading its library costs as much as starting Node.',
    ),
    library('archives', 'tar-fs', '^src/lib/images/', 'Only images/ packs directories: the context an image is built from.'),
    library(
      'prompts',
      '@inquirer/[a-z]+',
      '^src/lib/ui/input/prompt\\.ts$',
      'Only ui/input/prompt.ts asks questions, and it knows where nobody can answer.',
    ),
    library(
      'oclif',
      '@oclif/core',
      '^src/(commands/|cli/|[^/]+\\.ts$)',
      'oclif ends at the commands. src/lib works without a command line.',
    ),
    library(
      'processes',
      'child_process',
      '^src/lib/processes/|^src/lib/docker/|^sdk/src/|^plugins/',
      'Only processes/ and docker/ start programs: they also end them, with all their children.',
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
