// Values a schema cannot judge well: durations, action types, retries.

import {durationExamples, parseDuration} from '../util/duration.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import {checkResources} from './resources.ts'
import {fieldsOf, isFields, type Fields, type Report, type WrittenTask} from '../documents/report.ts'

/** `namespace/plugin.action` */
const actionType = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\/[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.[A-Za-z_][\w-]*$/

export function checkValues(workflow: Fields, tasks: readonly WrittenTask[], report: Report): void {
  const defaults = fieldsOf(workflow['defaults'])
  checkDuration(workflow['timeout'], ['timeout'], report)
  checkDuration(defaults['timeout'], ['defaults', 'timeout'], report)
  checkRetry(defaults['retry'], ['defaults', 'retry'], report)
  checkResources(workflow['resources'], ['resources'], report)
  const hasDefaultMax = fieldsOf(defaults['retry'])['max'] !== undefined
  for (const {index, fields} of tasks) {
    const at = ['tasks', index]
    checkType(fields['type'], [...at, 'type'], report)
    checkDuration(fields['timeout'], [...at, 'timeout'], report)
    checkRetry(fields['retry'], [...at, 'retry'], report)
    checkResources(fields['resources'], [...at, 'resources'], report)
    if (isFields(fields['retry']) && fieldsOf(fields['retry'])['max'] === undefined && !hasDefaultMax)
      report([...at, 'retry'], 'key', {
        code: 'missing-property',
        message: 'missing property "max": the number of attempts in total',
        hint: 'for example max: 3',
      })
  }
}

function checkType(type: unknown, path: DocumentPath, report: Report): void {
  if (typeof type !== 'string' || actionType.test(type)) return
  report(path, 'value', {
    code: 'bad-type',
    message: `"${type}" is not a valid action`,
    hint: 'write namespace/plugin.action, for example core/shell.run',
  })
}

function checkDuration(value: unknown, path: DocumentPath, report: Report): void {
  if ((typeof value !== 'string' && typeof value !== 'number') || parseDuration(value) !== undefined) return
  report(path, 'value', {
    code: 'bad-duration',
    message: `${JSON.stringify(value)} is not a duration`,
    hint: `write ${durationExamples}; at most 24 days`,
  })
}

function checkRetry(value: unknown, path: DocumentPath, report: Report): void {
  const retry = fieldsOf(value)
  checkDuration(retry['delay'], [...path, 'delay'], report)
  checkDuration(retry['maxDelay'], [...path, 'maxDelay'], report)
  if (typeof retry['backoff'] === 'number' && retry['backoff'] > 0) checkDuration(retry['backoff'], [...path, 'backoff'], report)
}
