import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const head =
  'id: w\nvars: {list: [1]}\ntasks:\n  - id: t\n    type: core/shell.run\n    inputs: {command: "true", stdin: "{{ toJson(vars.list) }}"}\n'

async function findingsOf(lines: string): Promise<string[]> {
  const project = new Project({'w.yaml': head + lines.replaceAll(/^/gm, '    ')})
  const {stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
  const [{diagnostics}] = JSON.parse(stdout) as [{diagnostics: {line: number; code: string; message: string; hint?: string}[]}]
  return diagnostics.map(({line, code, message, hint}) => `${line} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`)
}

describe('validate says of items', () => {
  it.each<[string, string, string[]]>([
    [
      'nothing of good ones',
      `forEach: {items: '{{ vars.list }}', as: row, key: '{{ row }}'}\nenv: {A: '{{ row }} {{ item }} {{ index }}'}`,
      [],
    ],
    [
      'nothing of a good matrix',
      `matrix: {a: [1], node-version: [2], include: [{b: 3}]}\nenv: {A: "{{ matrix.a }} {{ matrix['node-version'] }} {{ matrix.b }}"}`,
      [],
    ],
    ['nothing of an empty list', 'forEach: {items: []}', []],
    [
      'that there are two of them',
      'forEach: {items: [1]}\nmatrix: {a: [1]}',
      [
        '8 conflicting-keys: the task "t" has both "forEach" and "matrix" (use forEach for the items of a list, matrix for the combinations of several)',
      ],
    ],
    [
      'that text is no list',
      'forEach: {items: abc}',
      ['7 bad-items: "items" must be a list, or one template that gives a list (for one item write [abc])'],
    ],
    [
      'that a name is taken',
      'forEach: {items: [1], as: vars}',
      ['7 bad-name: an item cannot be called "vars": templates use that name already (for example as: row)'],
    ],
    [
      'that all keys are the same',
      'forEach: {items: [1, 2], key: x}',
      ['7 bad-key: all items would have the same key ("key" is a template that reads the item: key: "{{ item.id }}")'],
    ],
    [
      'that two combinations are equal',
      'matrix: {a: [x, x]}',
      ['7 bad-items: items 0 and 1 have the same key (each combination may be there once)'],
    ],
    [
      'that an axis is unknown',
      `matrix: {region: [eu]}\nenv: {A: '{{ matrix.regoin }}'}`,
      ['8 unknown-axis: the matrix has no axis "regoin" (did you mean "region"?)'],
    ],
    [
      'that an excluded axis is unknown',
      'matrix: {region: [eu], exclude: [{regoin: eu}]}',
      ['7 unknown-axis: the matrix has no axis "regoin" (did you mean "region"?)'],
    ],
    [
      'that nothing is excluded',
      'matrix: {region: [eu, us], exclude: [{region: es}]}',
      ['7 excludes-nothing: no combination has this value of "region" (did you mean "eu"?)'],
    ],
    [
      'that there is no axis',
      'matrix: {failFast: false}',
      ['7 bad-matrix: the matrix has no axis (for example matrix: {region: [eu, us]})'],
    ],
    [
      'that an option is no axis',
      'matrix: {a: [1], parallelism: [1, 2]}',
      ['7 wrong-type: parallelism must be a whole number, not a list'],
    ],
    [
      'that there is no item',
      `env: {A: '{{ item }} {{ index }} {{ matrix.a }}'}`,
      [
        '7 unknown-name: "item" can be read only in a task with "forEach"',
        '7 unknown-name: "index" can be read only in a task with "forEach" or "matrix"',
        '7 unknown-name: "matrix" can be read only in a task with "matrix"',
      ],
    ],
    [
      'that there is no item yet',
      `forEach: {items: [1]}\nif: '{{ item > 0 }}'`,
      [
        '8 unknown-name: "item" cannot be read in "if", which is evaluated once, before there are items (to run some items only, filter the list: items: "{{ vars.list.filter(one, one.enabled) }}")',
      ],
    ],
  ])('%s', async (_what, lines, findings) => {
    expect(await findingsOf(lines)).toEqual(findings)
  })
})
