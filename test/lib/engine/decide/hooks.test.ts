import {describe, expect, it} from 'vitest'
import type {Command} from '../../../../src/lib/engine/decide/commands.ts'
import {decide} from '../../../../src/lib/engine/decide/decide.ts'
import {nextHooks} from '../../../../src/lib/engine/decide/hooks.ts'
import type {RunFinished, RunStopping, StateEventBody} from '../../../../src/lib/engine/events.ts'
import {createState, type DecideState, type TaskShape} from '../../../../src/lib/engine/run-state.ts'
import {hookLists, type HookList} from '../../../../src/lib/workflow/hooks.ts'

const metrics = {durationMs: 1}
const hook = (id: string, list: HookList, more: Partial<TaskShape> = {}): TaskShape => ({
  id,
  needs: [],
  condition: 'none',
  hook: list,
  ...more,
})
const allLists = {
  onSuccess: [hook('s', 'onSuccess')],
  onFailure: [hook('f', 'onFailure'), hook('f2', 'onFailure', {needs: ['f'], condition: 'status'})],
  onCancel: [hook('c', 'onCancel')],
  finally: [hook('z', 'finally'), hook('z2', 'finally', {needs: ['z']})],
}

class Run {
  readonly state: DecideState

  constructor(hooks: Partial<Record<HookList, TaskShape[]>> = allLists, tasks = ['a']) {
    this.state = createState({tasks: tasks.map((id) => ({id, needs: [], condition: 'none'})), hooks, failFast: true})
    this.on({type: 'run.started', workflow: 'w', file: 'w.yaml', tasks: []})
  }

  on(event: StateEventBody): Command[] {
    return decide(this.state, {...event, ts: '2026-01-01T00:00:00.000Z'})
  }

  start(task: string): void {
    this.on({type: 'task.started', task, attempt: 1})
  }

  end(task: string, status: 'succeeded' | 'failed' | 'cancelled' = 'succeeded'): Command[] {
    const error = {code: 'EXIT_CODE', message: 'm', retryable: true}
    return this.on({type: 'task.finished', task, attempt: 1, status, metrics, ...(status === 'succeeded' ? {output: null} : {error})})
  }

  skip(task: string): Command[] {
    return this.on({type: 'task.skipped', task, reason: 'r'})
  }

  stop(cause: RunStopping['cause'], atOnce = false): Command[] {
    return this.on({type: 'run.stopping', cause, ...(atOnce && {atOnce})})
  }

  hooks(status: RunFinished['status'], reason?: string): Command[] {
    const list = nextHooks(this.state, status)
    if (list === undefined) throw new Error('no hooks are next')
    const tasks = (this.state.hooks[list] ?? []).map(({id, needs}) => ({id, type: 't', needs, hook: list}))
    return this.on({type: 'hooks.started', status, ...(reason !== undefined && {reason}), tasks})
  }
}

const queue = (task: string): Command => ({kind: 'queue', task})

describe('hooks', () => {
  it.each([
    ['succeeded', 'onSuccess'],
    ['failed', 'onFailure'],
    ['cancelled', 'onCancel'],
  ] as const)('of a run that has %s are those of %s, and then those of finally', (status, list) => {
    const run = new Run(Object.fromEntries(hookLists.map((name) => [name, [hook(name, name)]])))
    run.start('a')
    run.end('a')
    expect(nextHooks(run.state, status)).toBe(list)
    expect(run.hooks(status)).toEqual([queue(list)])
    run.start(list)
    expect(run.end(list)).toMatchObject([{kind: 'finish'}])
    expect(nextHooks(run.state, status)).toBe('finally')
    expect(run.hooks(status)).toEqual([queue('finally')])
    run.start('finally')
    run.end('finally')
    expect(nextHooks(run.state, status)).toBeUndefined()
  })

  it('start nothing when no list fits', () => {
    const run = new Run({onFailure: [hook('f', 'onFailure')]})
    run.start('a')
    expect(run.end('a')).toEqual([{kind: 'finish', status: 'succeeded'}])
    expect(nextHooks(run.state, 'succeeded')).toBeUndefined()
  })

  it('run one after the other, whatever became of the one before, unless they need each other', () => {
    const run = new Run()
    run.start('a')
    expect(run.end('a', 'failed')).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
    expect(run.hooks('failed', "task 'a' failed")).toEqual([queue('f')])
    run.start('f')
    expect(run.end('f', 'failed')).toEqual([{kind: 'ask', task: 'f2', facts: {failure: true, cancelled: false, success: false}}])
    run.start('f2')
    expect(run.end('f2')).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
    expect(run.hooks('failed', "task 'a' failed")).toEqual([queue('z')])
    run.start('z')
    expect(run.end('z', 'failed')).toEqual([{kind: 'skip', task: 'z2', reason: "needed task 'z' failed"}])
    expect(run.skip('z2')).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
  })

  it('fail a run that would have succeeded, and the reason names the hook', () => {
    const run = new Run()
    run.start('a')
    run.end('a')
    run.hooks('succeeded')
    run.start('s')
    expect(run.end('s', 'failed')).toEqual([{kind: 'finish', status: 'failed', reason: "hook 's' failed"}])
    expect(nextHooks(run.state, 'failed')).toBe('finally')
  })

  it('ask their conditions what the run has come to', () => {
    const list = [hook('f', 'onFailure', {condition: 'status'})]
    const run = new Run({onFailure: list})
    run.start('a')
    run.end('a')
    // All tasks have succeeded; the outputs could not be evaluated.
    expect(run.hooks('failed', 'no outputs')).toEqual([{kind: 'ask', task: 'f', facts: {failure: true, cancelled: false, success: false}}])
    run.start('f')
    expect(run.end('f')).toEqual([{kind: 'finish', status: 'failed', reason: 'no outputs'}])
  })

  it('run after a stop, and a stop while they run changes how the run ends, and not what runs', () => {
    const run = new Run({...allLists, onSuccess: [hook('s', 'onSuccess'), hook('s2', 'onSuccess', {needs: ['s']})]})
    run.start('a')
    run.end('a')
    run.hooks('succeeded')
    run.start('s')
    expect(run.stop('interrupted')).toEqual([])
    expect(run.state.tasks.get('s')?.isStopped).toBe(false)
    expect(run.end('s')).toEqual([queue('s2')])
    run.start('s2')
    expect(run.end('s2')).toEqual([{kind: 'finish', status: 'cancelled', reason: 'the run was interrupted'}])
    expect(run.hooks('cancelled', 'the run was interrupted')).toEqual([queue('z')])
  })

  it.each([
    ['a second cause', 'terminated', false],
    ['at once', 'interrupted', true],
  ] as const)('are ended by %s, and none start after it', (_, cause, atOnce) => {
    const run = new Run()
    run.start('a')
    expect(run.stop('interrupted')).toEqual([{kind: 'cancel', isAtOnce: false}])
    run.end('a', 'cancelled')
    expect(run.hooks('cancelled', 'r')).toEqual([queue('c')])
    run.start('c')
    expect(run.stop(cause, atOnce)).toEqual([{kind: 'cancel', isAtOnce: atOnce}])
    expect(run.end('c', 'cancelled')).toMatchObject([{kind: 'finish', status: 'cancelled'}])
    expect(nextHooks(run.state, 'cancelled')).toBeUndefined()
  })

  it('do not fail fast: an independent hook starts after another one has failed', () => {
    const run = new Run({finally: [hook('x', 'finally'), hook('y', 'finally')]})
    run.start('a')
    run.end('a')
    expect(run.hooks('succeeded')).toEqual([queue('x'), queue('y')])
    run.start('x')
    expect(run.end('x', 'failed')).toEqual([])
    run.start('y')
    expect(run.end('y')).toEqual([{kind: 'finish', status: 'failed', reason: "hook 'x' failed"}])
  })
})

it('success() asks for the run: a hook before that did not run does not count, one that failed does', () => {
  const asked = (after: (run: Run) => Command[]): Command[] => {
    const run = new Run({finally: [hook('z', 'finally'), hook('z2', 'finally', {needs: ['z'], condition: 'status'})]})
    run.start('a')
    run.end('a')
    run.hooks('succeeded')
    return after(run)
  }
  expect(asked((run) => run.skip('z'))).toMatchObject([{kind: 'ask', task: 'z2', facts: {failure: false, cancelled: false, success: true}}])
  const failed = asked((run) => {
    run.start('z')
    return run.end('z', 'failed')
  })
  expect(failed).toMatchObject([{kind: 'ask', task: 'z2', facts: {failure: true, success: false}}])
})
