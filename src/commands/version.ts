// `workflow version`: which program this is, in more words than --version.

import {BaseCommand} from '../cli/base-command.ts'

interface VersionResult {
  readonly name: string
  readonly version: string
  /** Without the leading `v`. */
  readonly node: string
  /** e.g. `linux-x64` */
  readonly platform: string
  /** CLI extensions the user installed or linked, with their versions. */
  readonly extensions: Readonly<Record<string, string>>
}

export class Version extends BaseCommand {
  static override summary = 'Show the version of workflow, of Node.js and of the installed CLI extensions.'
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --json']

  async run(): Promise<VersionResult> {
    await this.parse(Version)
    const {config} = this
    const own = config.getPluginsList().filter((plugin) => plugin.type === 'user' || plugin.type === 'link')
    const result = {
      name: config.name,
      version: config.version,
      node: process.versions.node,
      platform: `${config.platform}-${config.arch}`,
      extensions: Object.fromEntries(own.map((plugin) => [plugin.name, plugin.version])),
    }
    this.log(config.userAgent)
    for (const [name, version] of Object.entries(result.extensions)) this.log(`${name}/${version}`)
    return result
  }
}
