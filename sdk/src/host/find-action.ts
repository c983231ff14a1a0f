// Finds the action a task names among what an entry point exports.

import {isAction, type AnyAction} from '../define-action.ts'

/** The actions of a module by name, and the one that is its whole default export. */
export interface ExportedActions {
  readonly byName: ReadonlyMap<string, AnyAction>
  readonly sole?: AnyAction
  /** Exported functions, which are not actions yet. */
  readonly functions: readonly string[]
}

/**
 * Collects actions from named exports, from a default export that is a record of actions, and from `export const actions`.
 * A CommonJS module counts by its `module.exports`.
 */
export function collectActions(moduleExports: object): ExportedActions {
  const byName = new Map<string, AnyAction>()
  let sole: AnyAction | undefined
  const addRecord = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) if (isAction(member) && !byName.has(name)) byName.set(name, member)
  }
  const exported = new Map<string, unknown>(Object.entries(moduleExports))
  for (const [name, member] of exported) if (name !== 'default' && name !== 'module.exports' && isAction(member)) byName.set(name, member)
  const main = unwrapDefault(exported.get('default'))
  if (isAction(main)) sole = main
  else addRecord(main)
  if (!isAction(exported.get('actions'))) addRecord(exported.get('actions'))
  const functions = [...exported].flatMap(([name, member]) => (typeof member === 'function' ? [name] : []))
  return {byName, functions, ...(sole !== undefined && {sole})}
}

// Compilers write `export default` as `exports.default`, which an import sees one level deeper.
function unwrapDefault(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__esModule' in value && 'default' in value ? value.default : value
}

/**
 * The action of that name and no other; JavaScript may call `fetch-all` by `fetchAll`. An action that is the whole default export has no name of its own:
 * it is meant only when the manifest declares one action. Otherwise the text of an error that lists what there is.
 */
export function findAction(actions: ExportedActions, name: string, isOnlyAction: boolean): AnyAction | string {
  const found = actions.byName.get(name) ?? actions.byName.get(camelCase(name))
  if (found !== undefined) return found
  if (isOnlyAction && actions.sole !== undefined && actions.byName.size === 0) return actions.sole
  const names = [...actions.byName.keys()].sort()
  const list =
    names.length === 0
      ? actions.sole === undefined
        ? describeNoAction(actions.functions)
        : 'it exports one action without a name'
      : `it exports ${names.map((known) => `'${known}'`).join(', ')}`
  return `the plugin's entry point does not export the action '${name}'; ${list}`
}

function describeNoAction(functions: readonly string[]): string {
  if (functions.length === 0) return 'it exports no action (make one with defineAction)'
  return `it exports the function ${functions.map((name) => `'${name}'`).join(', ')}: wrap it with defineAction({execute: …})`
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
