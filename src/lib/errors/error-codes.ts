// The table of every error a user can see: each stable code, its exit code and its meaning. docs/errors.md is generated from it.

interface ErrorCodeEntry {
  /** The exit code of the process when this error ends a command. */
  readonly exitCode: number
  readonly meaning: string
}

/** Codes of errors that end a command. A code never changes its meaning; messages may. */
export const errorCodes = {
  USAGE: {exitCode: 2, meaning: 'The command line is wrong: an unknown flag, a missing argument, a value of the wrong form.'},
  COMMAND_NOT_FOUND: {exitCode: 2, meaning: 'There is no such command.'},
  DOCUMENT_UNREADABLE: {exitCode: 3, meaning: 'A file cannot be read: missing, not permitted, a directory, too large, not UTF-8 text.'},
  WORKFLOW_INVALID: {exitCode: 3, meaning: 'The workflow file has errors; all of them are listed.'},
  WORKFLOW_DISABLED: {exitCode: 3, meaning: 'The workflow says `enabled: false`.'},
  TEST_INVALID: {exitCode: 3, meaning: 'A test file has errors; all of them are listed.'},
  CONFIG_INVALID: {exitCode: 3, meaning: 'A configuration file has errors; all of them are listed.'},
  SECRET_NOT_FOUND: {exitCode: 4, meaning: 'No secret of that name is stored.'},
  SECRETS_MISSING: {
    exitCode: 4,
    meaning: 'The workflow declares secrets that are neither stored nor in the environment; all of them are listed.',
  },
  SECRET_NAME_INVALID: {exitCode: 2, meaning: 'The name is not a valid secret name: letters, digits, `_` and `-`, 1 to 255 characters.'},
  SECRET_VALUE_INVALID: {
    exitCode: 2,
    meaning: 'The value cannot be stored or written: empty, larger than 1 MB, or of a form the format does not have.',
  },
  SECRET_NOT_TEXT: {exitCode: 4, meaning: 'The value of a secret that a template reads is not UTF-8 text.'},
  SECRET_IMPORT_INVALID: {exitCode: 3, meaning: 'A file of secrets has errors; nothing was stored.'},
  SECRET_TAMPERED: {exitCode: 4, meaning: 'The master key is right, but a stored secret was changed or damaged.'},
  MASTER_KEY_MISSING: {exitCode: 4, meaning: 'Secrets are stored, but their master key is not configured.'},
  MASTER_KEY_INVALID: {exitCode: 4, meaning: 'The master key cannot be used: empty, too large, or a key file that others can read.'},
  MASTER_KEY_WRONG: {exitCode: 4, meaning: 'The master key is not the one that the secrets were stored with.'},
  SECRET_STORE_DAMAGED: {exitCode: 4, meaning: 'The parameters or the keys of the secret store were changed or damaged.'},
  SECRET_STORE_REPLACED: {
    exitCode: 4,
    meaning: 'The secret store is not the one that was used last: emptied, replaced, or put back to an older state.',
  },
  SECRET_STORE_NEWER: {exitCode: 4, meaning: 'The secret store has a format that only a newer version of this program understands.'},
  PLUGIN_NOT_FOUND: {exitCode: 5, meaning: 'There is no plugin of that name in `plugins.paths`, or it has no such action.'},
  PLUGIN_INVALID: {exitCode: 5, meaning: 'A plugin was found, but its manifest or its files are not usable.'},
  IMAGE_MISSING: {
    exitCode: 5,
    meaning:
      'A restricted task needs the image of its plugin, and it was not built yet; or a `container` names an image that is not there and not to be pulled.',
  },
  IMAGE_STALE: {exitCode: 5, meaning: 'The plugin has changed since its image was built.'},
  IMAGE_PULL_FAILED: {exitCode: 5, meaning: 'The image of a `container` could not be pulled; the message has the answer of the registry.'},
  BUILD_FAILED: {exitCode: 5, meaning: 'The image of a plugin could not be built.'},
  PERMISSION_REFUSED: {
    exitCode: 6,
    meaning: 'A plugin or a task needs a permission that is never granted, or that the workflow does not grant.',
  },
  DOCKER_UNAVAILABLE: {
    exitCode: 8,
    meaning: 'A restricted task or a `container` needs Docker: it is not installed, not running, not permitted, or not on this host.',
  },
  RUN_NOT_FOUND: {exitCode: 1, meaning: 'No run has that id.'},
  RUN_NOT_INTERRUPTED: {exitCode: 1, meaning: 'The run cannot be resumed because it goes on in another process, or has finished.'},
  RUN_NEEDS_CHOICE: {
    exitCode: 1,
    meaning: 'Tasks were running when the process of the run died, and may not simply be run again; each is listed with what to type.',
  },
  RUN_NOT_RESUMABLE: {
    exitCode: 1,
    meaning:
      'Something that the run needs to go on is gone or has changed: its plan, a plugin, an output with secrets, the value of a secret.',
  },
  RUN_INTERRUPTED: {exitCode: 1, meaning: 'The process of the run died before the run ended, so that nothing can be stopped or watched.'},
  RUN_ENDED: {exitCode: 1, meaning: 'The run cannot be stopped, because it has ended.'},
  CANCEL_NOT_TAKEN: {
    exitCode: 1,
    meaning: 'The request to stop is stored, but the process of the run has not taken it yet: it may be suspended, or on another machine.',
  },
  RUN_NOT_EXPORTABLE: {
    exitCode: 1,
    meaning: 'The run cannot be exported: it has not ended, or an earlier version of this program has made it.',
  },
  RUN_FILE_INVALID: {
    exitCode: 3,
    meaning: 'A file of an exported run is damaged, was changed, or is of another version; nothing was imported.',
  },
  RUN_EXISTS: {exitCode: 1, meaning: 'A run that would be imported is already there.'},
  RUN_NOT_RETRYABLE: {
    exitCode: 1,
    meaning: 'The run still goes on, was made for another one, or kept too little of itself: run its workflow again.',
  },
  RUN_TAKEN_OVER: {exitCode: 9, meaning: 'Another process has taken over the run; this one records nothing more of it.'},
  RUN_FAILED: {exitCode: 1, meaning: 'A task failed.'},
  TEST_FAILED: {exitCode: 1, meaning: 'A case of a test file failed.'},
  RUN_TIMED_OUT: {exitCode: 7, meaning: 'The run took longer than its `timeout`.'},
  RUN_CANCELLED: {exitCode: 1, meaning: 'Another process asked the run to stop.'},
  APPROVAL_NOT_AWAITED: {
    exitCode: 1,
    meaning: 'Nothing waits for this answer: the run has ended, its process is gone, or the task does not wait for an approval.',
  },
  APPROVAL_TOO_LATE: {exitCode: 1, meaning: 'The answer came after the deadline of the approval, or after that of somebody else.'},
  APPROVAL_NOT_TAKEN: {exitCode: 1, meaning: 'The answer is stored, but the process of the run has not taken it yet: it may be suspended.'},
  FILE_EXISTS: {exitCode: 1, meaning: 'A file that the command would write already exists.'},
  FILE_NOT_WRITABLE: {exitCode: 1, meaning: 'A file cannot be written: not permitted, no such directory, or the disk is full.'},
  STORAGE_BUSY: {exitCode: 9, meaning: 'Another process has been using the database for too long.'},
  STORAGE_UNREADABLE: {exitCode: 9, meaning: 'The database cannot be opened: not a database, damaged, or not permitted.'},
  STORAGE_NOT_WRITABLE: {exitCode: 9, meaning: 'The database or its directory cannot be written: read-only or full.'},
  STORAGE_NEWER: {exitCode: 9, meaning: 'The database was created by a newer version of this program.'},
  OUTPUT_NOT_WRITABLE: {exitCode: 9, meaning: 'Standard output cannot be written: the disk is full.'},
  EXTENSION_FAILED: {exitCode: 1, meaning: 'A command of a CLI extension failed; the message comes from the extension.'},
  INTERNAL: {exitCode: 70, meaning: 'A bug. Please report it.'},
  INTERRUPTED: {exitCode: 130, meaning: 'Stopped by Ctrl-C (SIGINT).'},
  TERMINATED: {exitCode: 143, meaning: 'Stopped by SIGTERM or SIGHUP.'},
} as const satisfies Record<string, ErrorCodeEntry>

export type ErrorCode = keyof typeof errorCodes
