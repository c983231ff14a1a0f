// The trigger of a workflow: valid or not. This version starts nothing by it.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'

export async function checkTrigger(value: unknown): Promise<CheckFinding[]> {
  if (value === undefined) return []
  const {type, cron} = fieldsOf(value)
  const errors = await listErrors(value)
  if (errors.length > 0 || type === undefined) return errors
  const isWebhook = type === 'webhook'
  return [
    {
      at: ['trigger'],
      target: 'key',
      severity: 'warning',
      code: 'trigger-ignored',
      message: isWebhook
        ? 'webhooks do not start workflows yet: "trigger" is checked but has no effect'
        : 'schedules do not run yet: "trigger" is checked but has no effect',
      hint: isWebhook
        ? 'start it from the program that receives the request: workflow run FILE'
        : `run it from cron: ${typeof cron === 'string' && cron.length < 50 ? cron : '0 3 * * *'} cd DIRECTORY && workflow run FILE`,
    },
  ]
}

async function listErrors(value: unknown): Promise<CheckFinding[]> {
  const {type, cron, timezone, path} = fieldsOf(value)
  const errors: CheckFinding[] = []
  const needed = type === 'cron' && cron === undefined ? 'cron' : type === 'webhook' && path === undefined ? 'path' : undefined
  if (needed !== undefined) {
    const message = `missing property "${needed}" of a ${String(type)} trigger`
    errors.push({at: ['trigger'], target: 'key', code: 'missing-property', message})
  }
  if (typeof cron === 'string' && !(await isCron(cron)))
    errors.push({
      at: ['trigger', 'cron'],
      code: 'bad-cron',
      message: `"${cron}" is not a valid cron expression`,
      hint: 'five fields: minute hour day month weekday, for example 0 3 * * *',
    })
  if (typeof timezone === 'string' && !isTimezone(timezone))
    errors.push({
      at: ['trigger', 'timezone'],
      code: 'bad-timezone',
      message: `there is no time zone "${timezone}"`,
      hint: 'for example Europe/Berlin',
    })
  return errors
}

async function isCron(text: string): Promise<boolean> {
  // A date is one for croner, too.
  if (/^\d{4}-/.test(text)) return false
  const {Cron} = await import('croner')
  try {
    // Without a function it is never due.
    new Cron(text)
    return true
  } catch {
    // That is how croner says what is wrong, in words for programmers.
    return false
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', {timeZone: name})
    return true
  } catch {
    // That is how Intl says that it does not know the name.
    return false
  }
}
