// oclif calls this before every command. Commands of extensions are made to end like ours: under --json an error has the exit code that it
// has without, and `plugins --json` prints what people can use instead of oclif's internals.

import type {Command, Interfaces} from '@oclif/core'
import type {Hook} from '@oclif/core/hooks'
import {BaseCommand} from '../base-command.ts'
import {isExitRequest} from '../report-error.ts'
import {isParseFailure} from '../usage-error.ts'
import {ExtensionFailure} from '../extension-failure.ts'

export const prerun: Hook.Prerun = ({Command: called}) => {
  const {prototype} = called
  if (prototype instanceof BaseCommand) return Promise.resolve()
  // Its own way to end is its own affair; what it inherits from oclif is replaced.
  if (hasInherited(prototype, 'catch')) define(prototype, 'catch', (error: unknown) => Promise.reject(asFailure(error)))
  if (called.id === 'plugins' || called.id === 'plugins:inspect') define(prototype, 'toSuccessJson', describePlugins)
  return Promise.resolve()
}

function asFailure(error: unknown): Error {
  return error instanceof Error && (isParseFailure(error) || isExitRequest(error)) ? error : new ExtensionFailure(error)
}

/** Whether a method is oclif's: every copy of oclif calls the class that has it `Command`. */
function hasInherited(prototype: object, method: string): boolean {
  let at: object | null = prototype
  while (at !== null && !Object.hasOwn(at, method)) at = Reflect.getPrototypeOf(at)
  return at?.constructor.name === 'Command'
}

function define(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, {value, configurable: true, writable: true})
}

/** @param result a list of oclif's plugin objects */
function describePlugins(result: unknown): unknown {
  if (!Array.isArray(result)) return result
  return (result as Partial<Interfaces.Plugin>[]).map(({name, version, type, root, commandIDs, commands = [], hooks = {}}) => ({
    name,
    version,
    type,
    root,
    commands: (commandIDs ?? commands.map(({id}: Pick<Command.Loadable, 'id'>) => id)).map((id) => id.replaceAll(':', ' ')),
    hooks: Object.keys(hooks),
  }))
}
