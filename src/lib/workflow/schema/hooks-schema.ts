// `hooks`: lists of tasks that run after all others.

import type {HookList} from '../hooks.ts'
import {closed} from './parts.ts'

const list = (description: string) => ({type: 'array', minItems: 1, items: {$ref: '#/$defs/task'}, description}) as const

export const hooksSchema = {
  ...closed,
  title: 'hooks',
  description:
    'Tasks that run after all others, one after the other unless `needs` says otherwise: also after Ctrl-C and after the timeout of the run. A failed hook fails a run that would have succeeded.',
  properties: {
    onSuccess: list('Run when every task has succeeded.'),
    onFailure: list('Run when the run has failed or timed out.'),
    onCancel: list('Run when the run was interrupted or terminated.'),
    finally: list('Run at the very end, whatever became of the run.'),
  } satisfies Record<HookList, unknown>,
} as const
