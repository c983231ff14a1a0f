// What TypeScript cannot see. Every disable in the code needs its reason behind `--`.

import eslint from '@eslint/js'
import {defineConfig, globalIgnores} from 'eslint/config'
import tseslint from 'typescript-eslint'

const nodeGlobals = Object.fromEntries(
  [
    ...[
      'AbortController',
      'AbortSignal',
      'Buffer',
      'TextDecoder',
      'TextEncoder',
      'URL',
      'URLSearchParams',
      'console',
      'fetch',
      'performance',
      'process',
    ],
    ...['clearInterval', 'clearTimeout', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout', 'structuredClone'],
  ].map((name) => [name, 'readonly']),
)

const environment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read in src/lib/config/environment.ts. Have the value handed in.',
}
const exit = {object: 'process', property: 'exit', message: 'src/lib ends nothing: it throws, and src/cli maps errors to exit codes.'}

const plainCode = [
  {selector: 'ExportDefaultDeclaration', message: 'Named exports only: a name that can be searched for.'},
  {selector: 'ExportAllDeclaration', message: 'No barrels: import the file that owns the thing.'},
  {
    selector: 'SpreadElement > ConditionalExpression > ObjectExpression[properties.length=0]',
    message: 'Optional members are ...defined({member}) or ...(condition && {member}): decision 18.',
  },
]
const moduleState = {
  selector: 'Program > :matches(VariableDeclaration[kind="let"], ExportNamedDeclaration > VariableDeclaration[kind="let"])',
  message: 'No state of a module: two Apps, runs or tests of one process would share it. Keep it in the object whose state it is.',
}

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'coverage/', 'examples/plugins/', 'examples/out/']),
  eslint.configs.recommended,
  {
    linterOptions: {reportUnusedDisableDirectives: 'error'},
    rules: {
      eqeqeq: 'error',
      'no-empty': 'error',
      'no-console': 'off',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
    },
  },
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
    },
  },
  {
    files: ['src/**/*.ts', 'sdk/src/**/*.ts'],
    rules: {'no-restricted-syntax': ['error', ...plainCode]},
  },
  {
    files: ['src/**/*.ts'],
    // What these remember is the same for everybody: the turn of the one event loop, the name of the running system, a table that is costly to make.
    ignores: ['src/lib/util/fair-reader.ts', 'src/lib/util/proc-stat.ts', 'src/lib/network/address.ts'],
    rules: {'no-restricted-syntax': ['error', ...plainCode, moduleState]},
  },
  {
    files: ['src/**/*.ts'],
    // The reader, and the file that tells oclif what it takes from the environment only.
    ignores: ['src/lib/config/environment.ts', 'src/cli/oclif-environment.ts'],
    rules: {
      'no-restricted-properties': ['error', environment],
      'no-restricted-imports': ['error', {name: 'node:process', message: 'Use the global `process`, so that the rules about it hold.'}],
    },
  },
  {
    files: ['src/lib/**/*.ts'],
    rules: {'no-console': 'error', 'no-restricted-properties': ['error', environment, exit]},
  },
  {
    files: ['src/lib/config/environment.ts'],
    rules: {'no-restricted-properties': ['error', exit]},
  },
  {
    // vitest's matchers and node:test style callbacks are typed loosely; a test that reads JSON says what it expects by asserting it.
    files: ['test/**/*.ts', '**/test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {globals: nodeGlobals},
  },
  {
    files: ['bin/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {...nodeGlobals, require: 'readonly', module: 'writable', exports: 'writable', __dirname: 'readonly'},
    },
  },
)
