// The environment of a task's process: what all of them inherit, and over it what the task declares.

import {TaskFault} from './attempt.ts'

/** Never handed to a task, not even when it asks for it. */
const refused = 'AUTOKESTRA_SECRET_KEY'

/**
 * @throws TaskFault ENV_REFUSED, ARGUMENTS_INVALID
 */
export function taskEnvironment(
  base: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const name in declared) {
    if (name === refused)
      throw new TaskFault({code: 'ENV_REFUSED', message: `the environment of a task cannot have '${refused}'`, retryable: false})
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw new TaskFault({
        code: 'ARGUMENTS_INVALID',
        message: 'the environment of the task has a name that is empty or holds = or a zero byte',
        retryable: false,
      })
    }
  }
  return {...base, ...declared}
}
