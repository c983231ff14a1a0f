// The table of why a task's attempt can fail. docs/errors.md is generated from it.

/** Codes of a failed attempt, in `task.finished` events and in `tasks.<id>.error`. A failing task is data, not an exception. */
export const taskErrorCodes = {
  CANCELLED: 'The run was cancelled while the task ran.',
  INTERRUPTED: 'The process of the run died while the task ran, and the task was given up when the run was resumed.',
  TIMEOUT: 'The attempt took longer than its timeout.',
  OUT_OF_MEMORY: 'The process was ended because it used too much memory.',
  KILLED_BY_SIGNAL: 'The process was ended by a signal.',
  EXIT_CODE: 'The process ended with an exit code other than 0.',
  OUTPUT_TOO_LARGE: 'The output is larger than the limit.',
  OUTPUT_NOT_UTF8: 'The output is not UTF-8 text.',
  OUTPUT_INVALID_JSON: 'The output is not one JSON document.',
  OUTPUT_LOSES_DIGITS: 'The output contains a number that would lose digits when it is read.',
  OUTPUT_INVALID: 'The output does not match the output schema of the action.',
  STDOUT_POLLUTED: 'Standard output contains more than the one JSON document, and the plugin requires strict output.',
  NO_OUTPUT: 'The action declares an output, but the process ended without one.',
  INPUT_INVALID: 'The inputs do not match the input schema of the action; the plugin was not started.',
  PERMISSION_DENIED: 'The task failed because its sandbox refused a network request. It is not retried.',
  ITEMS_FAILED: 'Some items of a task with forEach or matrix failed; each item has its own error.',
  TEMPLATE_FAILED: 'A template of the task could not be evaluated.',
  CACHE_FAILED: 'The files that decide whether the task has to run cannot be looked at.',
  PROTOCOL_ERROR: 'The plugin broke the protocol: a damaged frame, or it ended before its result.',
  PROTOCOL_MISMATCH: 'The plugin speaks another version of the protocol.',
  ACTION_FAILED: 'The action reported an error of its own.',
  ACTION_NOT_EXPORTED: 'The entry point of the plugin does not export the action.',
  PLUGIN_LOAD_FAILED: 'The entry point of the plugin could not be loaded.',
  ENTRYPOINT_NOT_FOUND: 'The program of the plugin does not exist.',
  ENTRYPOINT_NOT_EXECUTABLE: 'The program of the plugin is not executable, or was built for a different system.',
  WORKING_DIR_NOT_FOUND: 'The working directory of the task does not exist.',
  ARGUMENTS_TOO_LONG: 'The environment or the arguments of the process are larger than the system allows.',
  ARGUMENTS_INVALID:
    'The environment or the arguments of the process contain something that no process can receive (a zero byte, an empty name).',
  IMAGE_MISSING:
    'The image of the plugin was removed after the run had begun, or the image that the task names is not there and could not be pulled.',
  GRANT_UNUSABLE: 'A granted file or directory no longer exists, or was replaced by a symbolic link.',
  CONTAINER_FAILED: 'The Docker engine could not create or start the container, or stopped answering.',
  ENV_REFUSED: 'The task declares an environment variable that is never passed to a task.',
  VAR_FAILED: 'The command of a var that the task reads failed. It is not run again in this run.',
  REQUIREMENT_FAILED: 'Something that the task requires does not hold. It is not retried.',
  FILE_FAILED: 'Files of the task could not be written or read: the disk is full, or a permission is missing.',
  FILES_MISSING: 'The task left no file that fits one of the paths of its "files.out".',
  FILES_REFUSED: 'The files that the task left are too many or too large, or have a name that is not text.',
  CHILD_REFUSED:
    'The workflow that the task was to run cannot be run: the file has errors, its inputs do not fit, or workflows run each other.',
  CHILD_RUN_FAILED: 'The run of the workflow that the task has run failed or was cancelled.',
  REJECTED: 'Somebody rejected what the task asked to be approved. It is not retried.',
  SPAWN_FAILED: 'The system could not start a process (no memory, no file handles); trying again may help.',
} as const

export type TaskErrorCode = keyof typeof taskErrorCodes
