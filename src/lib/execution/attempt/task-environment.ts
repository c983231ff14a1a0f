// What a task may declare as its environment.

import {TaskFault} from './attempt.ts'

/** Never handed to a task, not even when it asks for it. */
const refused = 'AUTOKESTRA_SECRET_KEY'

/** @throws TaskFault ENV_REFUSED, ARGUMENTS_INVALID */
export function checkEnvironment(declared: Readonly<Record<string, string>>): void {
  for (const name in declared) {
    if (name === refused)
      throw new TaskFault({code: 'ENV_REFUSED', message: `the environment of a task cannot contain '${refused}'`, retryable: false})
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw new TaskFault({
        code: 'ARGUMENTS_INVALID',
        message: 'the environment of the task has a name that is empty or contains = or a NUL byte',
        retryable: false,
      })
    }
  }
}
