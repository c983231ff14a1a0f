// Tasks of a run that starts no program.

import type {TaskRuntimes} from './attempt/task-runtime.ts'

export const noTaskRuntimes: TaskRuntimes = {
  expect: () => undefined,
  find: ({plugin}) => Promise.reject(new Error(`a program of ${plugin.id} was asked for in a run without programs`)),
}
