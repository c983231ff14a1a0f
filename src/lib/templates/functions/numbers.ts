// Functions on numbers, of both kinds that CEL has.

import {FunctionError} from './function-error.ts'
import type {AddFunction} from './add-function.ts'

export function addNumberFunctions(add: AddFunction): void {
  add('abs(dyn): dyn', (value: unknown) => {
    if (typeof value === 'bigint') return value < 0n ? -value : value
    return Math.abs(decimal(value, 'abs'))
  })
  add('ceil(dyn): dyn', (value: unknown) => (typeof value === 'bigint' ? value : Math.ceil(decimal(value, 'ceil'))))
  add('floor(dyn): dyn', (value: unknown) => (typeof value === 'bigint' ? value : Math.floor(decimal(value, 'floor'))))
}

function decimal(value: unknown, name: string): number {
  if (typeof value === 'number') return value
  throw new FunctionError(`${name}() takes a number`, 0)
}
