// The trigger of a workflow: valid or not. This version starts nothing by it.

import {fieldsOf, type Report} from '../documents/report.ts'

export async function checkTrigger(value: unknown, report: Report): Promise<void> {
  if (value === undefined) return
  const {type, cron, timezone, path} = fieldsOf(value)
  const seen = {isValid: true}
  const refuse: Report = (...finding) => {
    seen.isValid = false
    report(...finding)
  }
  const need = (name: string): void => {
    refuse(['trigger'], 'key', {code: 'missing-property', message: `missing property "${name}" of a ${String(type)} trigger`})
  }
  if (type === 'cron' && cron === undefined) need('cron')
  if (type === 'webhook' && path === undefined) need('path')
  if (typeof cron === 'string' && !(await isCron(cron)))
    refuse(['trigger', 'cron'], 'value', {
      code: 'bad-cron',
      message: `"${cron}" is not a valid cron expression`,
      hint: 'five fields: minute hour day month weekday, for example 0 3 * * *',
    })
  if (typeof timezone === 'string' && !isTimezone(timezone))
    refuse(['trigger', 'timezone'], 'value', {
      code: 'bad-timezone',
      message: `there is no time zone "${timezone}"`,
      hint: 'for example Europe/Berlin',
    })
  if (!seen.isValid || type === undefined) return
  report(['trigger'], 'key', {
    severity: 'warning',
    code: 'trigger-ignored',
    message:
      type === 'webhook'
        ? 'webhooks do not start workflows yet: "trigger" is checked but has no effect'
        : 'schedules do not run yet: "trigger" is checked but has no effect',
    hint:
      type === 'webhook'
        ? 'start it from the program that receives the request: workflow run FILE'
        : `run it from cron: ${typeof cron === 'string' && cron.length < 50 ? cron : '0 3 * * *'} cd DIRECTORY && workflow run FILE`,
  })
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
