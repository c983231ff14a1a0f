// The plugin core/console.

import {defineAction, type JsonValue, type LogLevel} from '@autokestra/plugin-sdk'

/** Writes a message to the log of the task, each line of a text as a line of its own. */
export const log = defineAction({
  execute(input: {message: JsonValue; level?: LogLevel}, context): null {
    const write = context.log[input.level ?? 'info']
    const text = typeof input.message === 'string' ? input.message : JSON.stringify(input.message)
    for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) write(line)
    return null
  },
})
