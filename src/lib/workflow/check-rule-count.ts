// How many rules the permissions of a workflow may have: each is compared with files on the disk, before anything else is known of it.

import {fieldsOf, type Fields, type Report, type WrittenTask} from '../documents/report.ts'

const maxRules = 2000

/** Whether the rules can be checked. */
export function checkRuleCount(workflow: Fields, tasks: readonly WrittenTask[], report: Report): boolean {
  let rules = countRules(workflow['permissions'])
  for (const {fields} of tasks) rules += countRules(fields['permissions'])
  if (rules <= maxRules) return true
  report(['permissions'], 'key', {
    code: 'too-many-rules',
    message: `permissions have ${rules} rules in total; the limit is ${maxRules}`,
    hint: 'grant directories instead of files, and *.domain instead of names',
  })
  return false
}

function countRules(permissions: unknown): number {
  const {network, filesystem} = fieldsOf(permissions)
  const {read, write} = fieldsOf(filesystem)
  return [network, read, write].reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
}
