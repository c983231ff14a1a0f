// What the bundle offers to bin/run.js, and to oclif by the names that package.json gives under `oclif`.

import {join} from 'node:path'
import {Check} from './commands/check.ts'
import {Complete} from './commands/complete.ts'
import {Completion} from './commands/completion.ts'
import {Explain} from './commands/explain.ts'
import {Graph} from './commands/graph.ts'
import {Help} from './commands/help.ts'
import {Init} from './commands/init.ts'
import {PluginBuild} from './commands/plugin/build.ts'
import {PluginInit} from './commands/plugin/init.ts'
import {PluginInspect} from './commands/plugin/inspect.ts'
import {PluginList} from './commands/plugin/list.ts'
import {Run} from './commands/run.ts'
import {RunsApprove} from './commands/runs/approve.ts'
import {RunsCancel} from './commands/runs/cancel.ts'
import {RunsExport} from './commands/runs/export.ts'
import {RunsImport} from './commands/runs/import.ts'
import {RunsList} from './commands/runs/list.ts'
import {RunsLogs} from './commands/runs/logs.ts'
import {RunsPrune} from './commands/runs/prune.ts'
import {RunsReject} from './commands/runs/reject.ts'
import {RunsResume} from './commands/runs/resume.ts'
import {RunsRetry} from './commands/runs/retry.ts'
import {RunsShow} from './commands/runs/show.ts'
import {RunsWatch} from './commands/runs/watch.ts'
import {Schema} from './commands/schema.ts'
import {SecretsAudit} from './commands/secrets/audit.ts'
import {SecretsDelete} from './commands/secrets/delete.ts'
import {SecretsExport} from './commands/secrets/export.ts'
import {SecretsGet} from './commands/secrets/get.ts'
import {SecretsImport} from './commands/secrets/import.ts'
import {SecretsList} from './commands/secrets/list.ts'
import {SecretsReset} from './commands/secrets/reset.ts'
import {SecretsRotateKey} from './commands/secrets/rotate-key.ts'
import {SecretsSet} from './commands/secrets/set.ts'
import {SecretsVerify} from './commands/secrets/verify.ts'
import {Tasks} from './commands/tasks.ts'
import {Test} from './commands/test.ts'
import {Validate} from './commands/validate.ts'
import {Version} from './commands/version.ts'
import {runCommandLine} from './cli/main.ts'

export {commandNotFound} from './cli/hooks/command-not-found.ts'
export {prerun} from './cli/hooks/prerun.ts'
export {WorkflowHelp} from './cli/help/workflow-help.ts'

/** Every command by its id: topics and verb joined with `:`. A new file in src/commands gets its line here. */
export const COMMANDS = {
  check: Check,
  complete: Complete,
  completion: Completion,
  explain: Explain,
  graph: Graph,
  help: Help,
  init: Init,
  'plugin:build': PluginBuild,
  'plugin:init': PluginInit,
  'plugin:inspect': PluginInspect,
  'plugin:list': PluginList,
  run: Run,
  'runs:approve': RunsApprove,
  'runs:cancel': RunsCancel,
  'runs:export': RunsExport,
  'runs:import': RunsImport,
  'runs:list': RunsList,
  'runs:logs': RunsLogs,
  'runs:prune': RunsPrune,
  'runs:reject': RunsReject,
  'runs:resume': RunsResume,
  'runs:retry': RunsRetry,
  'runs:show': RunsShow,
  'runs:watch': RunsWatch,
  schema: Schema,
  'secrets:audit': SecretsAudit,
  'secrets:delete': SecretsDelete,
  'secrets:export': SecretsExport,
  'secrets:get': SecretsGet,
  'secrets:import': SecretsImport,
  'secrets:list': SecretsList,
  'secrets:reset': SecretsReset,
  'secrets:rotate-key': SecretsRotateKey,
  'secrets:set': SecretsSet,
  'secrets:verify': SecretsVerify,
  tasks: Tasks,
  test: Test,
  validate: Validate,
  version: Version,
}

/** The package's directory: the parent of dist/, and of src/ when the sources run. */
const root = join(__dirname, '..')

export function main(argv: readonly string[]): Promise<void> {
  return runCommandLine(argv, root, Object.keys(COMMANDS))
}
