// The workflows that are killed. Each task writes one line to the file of effects when it begins its work and one when that is done.

export interface Shape {
  readonly files: Readonly<Record<string, string>>
  /** Of an undisturbed run. */
  readonly exitCode: number
  /** It reads the secret CANARY, which must be in its home. */
  readonly hasSecret: boolean
}

/** `RUN TASK ATTEMPT b|e`, appended in one write each. The trace of an attempt tells attempts apart, also those that repeat an interrupted one. */
const effect = `printf '%s %s %s b\\n' "$RUN" "$1" "$TRACEPARENT" >> effects; sleep 0.02; printf '%s %s %s e\\n' "$RUN" "$1" "$TRACEPARENT" >> effects`

const task = (id: string, more = '', command = `. ./effect.sh`, env = ''): string =>
  `  - id: ${id}\n    type: core/shell.run\n    env: {RUN: '{{ run.id }}'${env}}\n    inputs: {command: 'set -- ${id}; ${command}'}\n${more}`

const needs = (...ids: string[]): string => `    needs: [${ids.join(', ')}]\n`

const from = (id: string): string => `, BEFORE: '{{ tasks.${id}.output.stdout }}'`

const hash = `. ./effect.sh; printf %s "$BEFORE$1" | sha256sum | cut -c 1-20`

function shape(id: string, body: string, more: Readonly<Record<string, string>> = {}, exitCode = 0): Shape {
  return {files: {'w.yaml': `id: ${id}\n${body}`, 'effect.sh': `${effect}\n`, ...more}, exitCode, hasSecret: body.includes('secrets: [')}
}

const numbers = (count: number): number[] => Array.from({length: count}, (_, index) => index)

/** The output of the first task is a secret, which the second needs as it is. */
const chain = shape(
  'chain',
  `secrets: [CANARY]\ntasks:\n${task('a', '', '. ./effect.sh; echo "token:$CANARY"', ", CANARY: '{{ secrets.CANARY }}'")}${task('b', needs('a'), hash, from('a'))}${task('c', needs('b'), hash, from('b'))}${task('d', needs('c'), hash, from('c'))}outputs: {hash: '{{ tasks.d.output.stdout }}', shown: '{{ tasks.a.output.stdout }}'}\n`,
)

const fanOut = shape(
  'fan-out',
  `tasks:\n${task('a', '', 'BEFORE=; ' + hash)}${numbers(8)
    .map((number) => task(`t${String(number)}`, needs('a'), hash, from('a')))
    .join(
      '',
    )}${task('z', needs(...numbers(8).map((number) => `t${String(number)}`)), hash, from('t7'))}outputs: {all: '{{ tasks.z.output.stdout + tasks.t3.output.stdout }}'}\n`,
)

/** Four rows of three: each task needs two of the row above. */
const lattice = shape(
  'lattice',
  `tasks:\n${numbers(4)
    .flatMap((row) =>
      numbers(3).map((column) => {
        const id = (r: number, c: number): string => `t${String(r)}${String(c % 3)}`
        return row === 0
          ? task(id(row, column), '', 'BEFORE=; ' + hash)
          : task(id(row, column), needs(id(row - 1, column), id(row - 1, column + 1)), hash, from(id(row - 1, column + 1)))
      }),
    )
    .join('')}outputs: {all: '{{ tasks.t30.output.stdout + tasks.t31.output.stdout + tasks.t32.output.stdout }}'}\n`,
)

/** Fails until it has done its work three times, by what the file of effects says. */
const thrice = `. ./effect.sh; test $(grep -c "^$RUN $1 .* e" effects) -ge 3; echo done`

const retries = shape(
  'retries',
  `tasks:\n${task('a', '    retry: {max: 30, delay: 40ms}\n', thrice)}${task('b', '    retry: {max: 30, delay: 10ms, backoff: exponential}\n', thrice)}${task('c', needs('a', 'b'))}outputs: {a: '{{ tasks.a.output.stdout }}'}\n`,
)

const forEach = shape(
  'for-each',
  `tasks:\n${task('list', '', '. ./effect.sh; echo "[1,2,3,4,5,6,7,8,9,10]"')}  - id: each
    type: core/shell.run
    needs: [list]
    forEach: {items: '{{ fromJson(tasks.list.output.stdout) }}', as: n, key: 'k{{ n }}', parallelism: 3}
    env: {RUN: '{{ run.id }}', N: '{{ n }}'}
    inputs: {command: 'set -- "each[k$N]"; . ./effect.sh; echo $((N * N))'}
${task('sum', needs('each'), '. ./effect.sh; echo "$ALL"', ", ALL: '{{ toJson(tasks.each.output) }}'")}outputs: {all: '{{ tasks.sum.output.stdout }}'}
`,
)

/** The run fails, on purpose. */
const hooks = shape(
  'hooks',
  `tasks:\n${task('a')}${task('b', needs('a'), '. ./effect.sh; exit 3')}hooks:\n  onSuccess:\n${task('never')}  onFailure:\n${task('tell', '', '. ./effect.sh; echo "$FAILED"', `, FAILED: '{{ run.failed.join(",") }}'`)}  finally:\n${task('tidy')}${task('last')}`,
  {},
  1,
)

const subWorkflow = shape(
  'sub-workflow',
  `tasks:\n${task('a')}  - id: child\n    type: core/workflow.run\n    needs: [a]\n    inputs: {file: child.yaml, inputs: {word: hello}}\n${task('z', needs('child'), '. ./effect.sh; echo "$SAID"', ", SAID: '{{ tasks.child.output.said }}'")}outputs: {said: '{{ tasks.z.output.stdout }}'}\n`,
  {
    'child.yaml': `id: child\ninputs: {word: {type: string}}\ntasks:\n${task('p', '', hash, ", BEFORE: '{{ inputs.word }}'")}${task('q', needs('p'), hash, from('p'))}outputs: {said: '{{ tasks.q.output.stdout }}'}\n`,
  },
)

/** Besides `restricted`, which needs Docker. */
export const shapes: Readonly<Record<string, Shape>> = {
  chain,
  'fan-out': fanOut,
  lattice,
  retries,
  'for-each': forEach,
  hooks,
  'sub-workflow': subWorkflow,
}
