// The ids of the tasks of a workflow file, whatever else is wrong with it.

import {readDocument} from '../documents/read-document.ts'
import {fieldsOf} from '../documents/report.ts'
import {defined} from '../util/defined.ts'

/** Throws like {@link readDocument}. */
export async function readTaskIds(file: string, cwd: string | undefined): Promise<string[]> {
  const {value} = await readDocument(file, {what: 'workflow file', ...defined({cwd})})
  const {tasks} = fieldsOf(value)
  return Array.isArray(tasks) ? tasks.map((task) => fieldsOf(task)['id']).filter((id) => typeof id === 'string') : []
}
