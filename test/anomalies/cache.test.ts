// Tasks with a cache when runs meet each other, and when they are killed.

import {setTimeout as sleep} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {Project} from '../rig/project.ts'

/** Writes its product in two steps, so that one that is torn can be seen. */
const workflow = (wait: string): string => `id: build
vars: {n: 1}
tasks:
  - id: make
    type: core/shell.run
    env: {N: '{{ vars.n }}'}
    inputs: {command: 'mkdir -p dist; printf "%s\\n" "$(cat src)$N" > dist/out; sleep ${wait}; printf "%s\\n" "$(cat src)$N" >> dist/out; cat dist/out'}
    cache: {files: [src], makes: [dist/out]}
`

test('two runs at once never leave a result that is not whole', async () => {
  const project = new Project({'w.yaml': workflow('0.02')})
  let hits = 0
  for (let round = 0; round < 6; round++) {
    project.write({src: `round ${String(round)} `})
    // Every third time they do the same, else each something of its own.
    const [one, two] = round % 3 === 0 ? [1, 1] : [1, 2]
    const ended = await Promise.all(
      [one, two, one].map((n) => project.start(['run', 'w.yaml', '--json', '-q', '--var', `n=${String(n)}`]).ended),
    )
    for (const {exitCode} of ended) expect(exitCode).toBe(0)
    for (const n of [1, 2, 1]) {
      const {task} = await project.runJson('w.yaml', ['--var', `n=${String(n)}`])
      const whole = `round ${String(round)} ${String(n)}\n`.repeat(2)
      expect(project.read('dist/out')).toBe(whole)
      expect(task('make').output).toMatchObject({stdout: whole.trimEnd()})
      if (task('make').cache?.isHit === true) hits += 1
    }
    const {task} = await project.runJson('w.yaml')
    expect(task('make').cache).toMatchObject({isHit: true})
  }
  expect(hits).toBeLessThan(18)
}, 120_000)

test('a run that is killed at any moment leaves no result that is not whole', async () => {
  const project = new Project({'w.yaml': workflow('0.05')})
  for (let round = 0; round < 10; round++) {
    project.write({src: `round ${String(round)} `})
    const running = project.start(['run', 'w.yaml', '-q'])
    await sleep(180 + 25 * round)
    running.kill('SIGKILL')
    await running.ended
    const {task} = await project.runJson('w.yaml')
    expect(project.read('dist/out')).toBe(`round ${String(round)} 1\n`.repeat(2))
    expect(task('make')).toMatchObject({status: 'succeeded', output: {stdout: `round ${String(round)} 1\n`.repeat(2).trimEnd()}})
    expect((await project.runJson('w.yaml')).task('make').cache).toMatchObject({isHit: true})
  }
}, 120_000)

test('a run that is killed at any moment keeps no file that is not whole', async () => {
  const project = new Project({
    'w.yaml': `id: w
vars: {n: 1}
tasks:
  - id: make
    type: core/shell.run
    env: {N: '{{ vars.n }}'}
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; for nth in 1 2 3 4; do yes "$N $nth" | head -c 3000000 > "$nth"; done'}
    files: {out: {all: '*'}}
    cache: {}
  - {id: sum, type: core/shell.run, needs: [make], inputs: {command: 'cat "$@" | md5sum', args: '{{ tasks.make.files.all.map(f, f.path) }}'}}
`,
  })
  for (let round = 0; round < 10; round++) {
    const args = ['--var', `n=${String(round)}`]
    const running = project.start(['run', 'w.yaml', '-q', ...args])
    await sleep(200 + 20 * round)
    running.kill('SIGKILL')
    await running.ended
    const first = await project.runJson('w.yaml', args)
    const second = await project.runJson('w.yaml', args)
    expect(second.task('make').cache).toMatchObject({isHit: true})
    expect(second.task('sum').output).toMatchObject({exitCode: 0, stdout: (first.task('sum').output as {stdout: string}).stdout})
    const files = second.task('make').files?.['all'] as readonly {readonly size: number}[]
    expect(files.map(({size}) => size)).toEqual([3e6, 3e6, 3e6, 3e6])
  }
}, 120_000)
