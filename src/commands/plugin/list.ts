// Lists the workflow plugins that tasks can use.

import {BaseCommand} from '../../base-command.ts'
import {renderDiagnostics} from '../../lib/ui/diagnostics.ts'
import {describePlugins, renderPluginList, type PluginDescription} from '../../lib/ui/plugin-list.ts'

export class PluginList extends BaseCommand {
  static override summary = 'List the workflow plugins that the `type` of a task can name.'
  static override description =
    'Also those that are shadowed by an earlier one of the same name, and those that are broken, with the reason. CLI extensions are listed by `plugins`.'
  static override examples = ['<%= config.bin %> plugin list', '<%= config.bin %> plugin list --json']

  async run(): Promise<readonly PluginDescription[]> {
    await this.parse(PluginList)
    const app = await this.app()
    const plugins = await app.plugins()
    const entries = await plugins.list()
    const descriptions = describePlugins(entries)
    if (this.jsonEnabled()) return descriptions
    app.ui.out.write(renderPluginList(descriptions, app.ui))
    const findings = [...(await plugins.listDiagnostics()), ...entries.flatMap(({diagnostics}) => diagnostics)]
    app.ui.err.write(renderDiagnostics(findings, 'text', app.ui.errStyle))
    return descriptions
  }
}
