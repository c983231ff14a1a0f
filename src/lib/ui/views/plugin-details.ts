// One plugin with all that is known of it, for a person who decides whether to trust it.

import type {PluginInspection} from '../../inspection/inspect.ts'
import type {SchemaField} from '../../inspection/schema-fields.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

/** Everything but the warnings. */
export function renderPluginDetails(plugin: PluginInspection, ui: Ui): string {
  const parts = [
    renderFacts(plugin, ui),
    ...plugin.actions.map((action) => renderAction(plugin.id, action, ui)),
    renderPermissions(plugin, ui),
  ]
  if (plugin.workflow !== undefined) parts.push(renderUse(plugin.workflow, ui))
  return parts.join('\n')
}

function renderFacts(plugin: PluginInspection, {outStyle}: Ui): string {
  const {id, version, description, author, license, origin, dir, protocol, worker, main, command, capabilities, image} = plugin
  const facts: [string, string | undefined][] = [
    ['description', description],
    ['author', author],
    ['licence', license],
    ['directory', `${dir} (${origin})`],
    [
      'program',
      main ?? command?.join(' ') ?? (protocol === 'builtin' ? 'none: workflow itself runs its actions' : 'a command line for each action'),
    ],
    ['protocol', `${protocol}${worker === 'reuse' ? ', one process for many tasks' : ''}`],
    ['capabilities', capabilities.join(', ') || 'none'],
    ['image', describeImage(image)],
  ]
  const lines = facts.flatMap(([name, text]) => (text === undefined ? [] : [`${outStyle.dim(name.padEnd(13))} ${sanitizeText(text)}`]))
  return `${outStyle.bold(`${id} ${version}`)}\n${lines.join('\n')}\n`
}

function describeImage({state, reference, imageId, dockerfile, reason}: PluginInspection['image']): string {
  if (state === 'none') return 'not needed'
  const made = dockerfile === undefined ? '' : dockerfile === 'own' ? ', by its own Dockerfile' : ', by a generated Dockerfile'
  if (state === 'current') return `${reference ?? ''} (${imageId?.slice(0, 19) ?? ''})${made}`
  if (state === 'stale') return `older than the plugin's files${made}`
  if (state === 'absent') return `not built${made}`
  return state === 'unknown' ? `not known: ${reason ?? ''}` : `cannot be built: ${reason ?? ''}`
}

function renderAction(id: string, action: PluginInspection['actions'][number], ui: Ui): string {
  const {outStyle} = ui
  const facts = [
    action.description,
    action.timeoutMs === undefined ? undefined : `timeout ${formatDuration(action.timeoutMs)}`,
    action.idempotent === true ? 'idempotent' : action.idempotent === false ? undefined : 'idempotent in some cases',
  ].filter((fact) => fact !== undefined)
  const head = `${outStyle.bold(`${id}.${action.name}`)}${facts.length === 0 ? '' : `  ${sanitizeText(facts.join(' '))}`}\n`
  return head + renderFields('input', action.inputs, ui) + renderFields('output', action.output, ui)
}

function renderFields(title: string, fields: readonly SchemaField[], {outStyle, outTerminal}: Ui): string {
  return renderTable({
    head: [title, 'TYPE', 'DEFAULT', ''],
    rows: fields.map(({name, type, isRequired, description, default: value}) => [
      `${title} ${name}`,
      type,
      isRequired ? 'required' : value === undefined ? '-' : JSON.stringify(value),
      description ?? '',
    ]),
    style: outStyle,
    terminal: outTerminal,
  })
}

/** YAML, to be pasted into a workflow. Text in JSON's quotes is text in YAML. */
function renderPermissions(
  {permissions: {network = [], filesystem: {read = [], write = []} = {}}}: PluginInspection,
  {outStyle}: Ui,
): string {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
  const lines = ['security: restricted']
  const paths = [...(read.length > 0 ? [`    read: ${list(read)}`] : []), ...(write.length > 0 ? [`    write: ${list(write)}`] : [])]
  if (network.length > 0 || paths.length > 0) lines.push('permissions:')
  if (network.length > 0) lines.push(`  network: ${list(network)}`)
  if (paths.length > 0) lines.push('  filesystem:', ...paths)
  return `${outStyle.bold('recommended for a workflow')}\n${lines.map((line) => sanitizeText(line)).join('\n')}\n`
}

function renderUse({file, security, tasks, missing, unneeded}: NonNullable<PluginInspection['workflow']>, {outStyle}: Ui): string {
  const list = (texts: readonly string[]): string => sanitizeText(texts.join(', ')) || 'none'
  const facts: [string, string][] = [
    ['security', security],
    ['tasks', list(tasks)],
    ['not granted', list(missing)],
    ['not needed', list(unneeded)],
  ]
  return `${outStyle.bold(sanitizeText(file))}\n${facts.map(([name, text]) => `${outStyle.dim(name.padEnd(13))} ${text}`).join('\n')}\n`
}
