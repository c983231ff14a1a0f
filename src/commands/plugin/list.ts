// Lists the workflow plugins that tasks can use.

import {BaseCommand} from '../../cli/base-command.ts'
import {renderDiagnostics} from '../../lib/ui/terminal/diagnostics.ts'
import {describePlugins, renderPluginList, type PluginDescription} from '../../lib/ui/views/plugin-list.ts'

export class PluginList extends BaseCommand {
  static override summary = 'List the workflow plugins that the `type` of a task can name.'
  static override description =
    'Includes plugins that are shadowed by an earlier one of the same name, and broken ones with the reason. IMAGE shows whether the image for restricted tasks exists, and WARNINGS how many warnings `plugin inspect` has. `plugins` lists the CLI extensions.'
  static override examples = ['<%= config.bin %> plugin list', '<%= config.bin %> plugin list --json']

  async run(): Promise<readonly PluginDescription[]> {
    await this.parse(PluginList)
    const app = await this.app()
    const {plugins, diagnostics} = await (await app.plugins()).list()
    const descriptions = describePlugins(plugins)
    this.print((ui) => renderPluginList(descriptions, ui))
    this.note(renderDiagnostics(diagnostics, 'text', this.ui.errStyle))
    return descriptions
  }
}
