// Lists the workflow plugins that tasks can use.

import {BaseCommand} from '../../base-command.ts'
import {renderDiagnostics} from '../../lib/ui/diagnostics.ts'
import {describePlugins, renderPluginList, type PluginDescription} from '../../lib/ui/plugin-list.ts'

export class PluginList extends BaseCommand {
  static override summary = 'List the workflow plugins that the `type` of a task can name.'
  static override description =
    'Also those that are shadowed by an earlier one of the same name, and those that are broken, with the reason. IMAGE tells whether the image that restricted tasks need is there, and WARNINGS how much `plugin inspect` has to say about what a plugin asks for. CLI extensions are listed by `plugins`.'
  static override examples = ['<%= config.bin %> plugin list', '<%= config.bin %> plugin list --json']

  async run(): Promise<readonly PluginDescription[]> {
    await this.parse(PluginList)
    const app = await this.app()
    const {plugins, diagnostics} = await (await app.plugins()).list()
    const descriptions = describePlugins(plugins)
    if (this.jsonEnabled()) return descriptions
    app.ui.out.write(renderPluginList(descriptions, app.ui))
    app.ui.err.write(renderDiagnostics(diagnostics, 'text', app.ui.errStyle))
    return descriptions
  }
}
