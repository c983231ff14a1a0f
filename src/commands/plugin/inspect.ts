// Shows everything about one plugin, and what to watch out for before it is trusted.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {PluginInspection} from '../../lib/inspection/inspect.ts'
import {renderDiagnostics} from '../../lib/ui/terminal/diagnostics.ts'
import {renderPluginDetails} from '../../lib/ui/views/plugin-details.ts'

export class PluginInspect extends BaseCommand {
  static override summary = 'Show what a workflow plugin offers and asks for, and what to watch out for.'
  static override description =
    'Shows its actions with their inputs and outputs, its capabilities, the permissions it recommends as YAML to paste, the state of its image, and warnings.'
  static override examples = [
    '<%= config.bin %> plugin inspect core/http',
    '<%= config.bin %> plugin inspect core/http --workflow report.yaml',
    '<%= config.bin %> plugin inspect my/shout --strict',
  ]
  static override args = {name: Args.string({required: true, description: 'namespace/name of the plugin, or its name alone'})}
  static override flags = {
    workflow: Flags.string({helpValue: 'FILE', description: 'compare with the permissions that a workflow grants'}),
    strict: Flags.boolean({description: 'exit with 1 when there are warnings'}),
  }

  async run(): Promise<PluginInspection> {
    const {args, flags} = await this.parse(PluginInspect)
    const app = await this.app()
    const inspection = await (await app.plugins(flags.workflow)).inspect(args.name, flags.workflow)
    if (flags.strict && inspection.warnings.length > 0) this.setExitCode(1)
    this.print((ui) => renderPluginDetails(inspection, ui))
    this.note(renderDiagnostics(inspection.warnings, 'text', this.ui.errStyle))
    return inspection
  }
}
