// Tests workflow files with mocked task results.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {errorCodes} from '../lib/errors/error-codes.ts'
import type {TestReport} from '../lib/testing/test-report.ts'
import {renderTestReport} from '../lib/ui/views/test-report.ts'

export class Test extends BaseCommand {
  static override summary = 'Test workflow files with mocked task results.'
  static override description =
    'Runs the cases of NAME.test.yaml: conditions, templates, retries, items and hooks are real, the results of tasks come from the case. ' +
    'Starts no program and needs no network, no Docker and no secrets. Exit code 1 when a case fails, 3 when a file is invalid.'
  static override examples = [
    '<%= config.bin %> test deploy.test.yaml',
    '<%= config.bin %> test deploy.yaml',
    '<%= config.bin %> test workflows/ --json',
  ]
  static override strict = false
  static override args = {
    file: Args.string({description: 'test files, workflows with a test file beside them, or directories; default: the current directory'}),
  }

  async run(): Promise<TestReport> {
    const {argv} = await this.parse(Test)
    const app = await this.app()
    const {testFiles} = await import('../lib/app/testing/test-files.ts')
    const report = await testFiles(app, argv.length === 0 ? ['.'] : argv.map(String))
    if (report.files.some(({isValid}) => !isValid)) this.setExitCode(errorCodes.TEST_INVALID.exitCode)
    else if (report.failed > 0) this.setExitCode(errorCodes.TEST_FAILED.exitCode)
    this.print((ui) => renderTestReport(report, ui.outStyle))
    return report
  }
}
