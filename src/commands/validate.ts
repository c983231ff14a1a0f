// Checks workflow files without running them.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import type {FileFindings} from '../lib/planning/validate-files.ts'
import {renderFindings} from '../lib/ui/views/file-findings.ts'

export class Validate extends BaseCommand {
  static override summary = 'Check workflow files without running them.'
  static override description =
    'Shows all errors and warnings of all files, with their positions. Exit code 3 when a file is invalid, 5 when only its plugins are missing or broken.'
  static override examples = ['<%= config.bin %> validate hello.yaml', '<%= config.bin %> validate workflows/*.yaml --format github']
  static override strict = false
  static override args = {file: Args.string({required: true, description: 'workflow files, or - for standard input'})}
  static override flags = {
    format: Flags.option({options: ['text', 'json', 'github'] as const, default: 'text' as const})({
      description: 'github: annotations for a pull request',
    }),
  }

  async run(): Promise<readonly FileFindings[]> {
    const {argv, flags} = await this.parse(Validate)
    const app = await this.app()
    const {validate} = await import('../lib/app/authoring/validate.ts')
    const findings = await validate(app, argv.map(String))
    const worst = findings.find(({exitCode}) => exitCode === 3) ?? findings.find(({exitCode}) => exitCode !== 0)
    if (worst !== undefined) this.setExitCode(worst.exitCode)
    this.print((ui) => renderFindings(findings, flags.format, ui.outStyle))
    const [only, ...others] = findings
    if (worst === undefined && only !== undefined && others.length === 0 && flags.format === 'text') this.noteNext(`run ${only.file}`)
    return findings
  }
}
