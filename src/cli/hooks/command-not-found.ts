// oclif calls this when the command line names no command.

import type {Hook} from '@oclif/core/hooks'
import {unknownCommand} from '../unknown-command.ts'

export const commandNotFound: Hook.CommandNotFound = ({id, config}) => {
  throw unknownCommand(id.split(':'), config)
}
