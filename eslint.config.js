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

const processInLib = ['env', 'exit'].map((property) => ({
  object: 'process',
  property,
  message: 'src/lib gets the environment from config/load, and ends nothing.',
}))

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
    rules: {
      'no-restricted-syntax': [
        'error',
        {selector: 'ExportDefaultDeclaration', message: 'Named exports only: a name that can be searched for.'},
        {selector: 'ExportAllDeclaration', message: 'No barrels: import the file that owns the thing.'},
      ],
    },
  },
  {
    files: ['src/lib/**/*.ts'],
    ignores: ['src/lib/config/load.ts', 'src/lib/ui/**'],
    rules: {'no-console': 'error', 'no-restricted-properties': ['error', ...processInLib]},
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
