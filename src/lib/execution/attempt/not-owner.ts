// Why an attempt does not go on in this process.

import type {TaskError} from '../../engine/task-result.ts'

/** Nobody sees it: the journal of a run that was taken over takes nothing more. */
export const notOwner: TaskError = {code: 'CANCELLED', message: 'another process has taken over the run', retryable: false}
