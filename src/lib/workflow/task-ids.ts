// The ids of the tasks of a workflow file without its hooks, whatever else is wrong with it.

import {readDocument} from '../documents/read-document.ts'
import {readDraft} from './draft.ts'
import {defined} from '../util/defined.ts'

/** Throws like {@link readDocument}. */
export async function readTaskIds(file: string, cwd: string | undefined): Promise<string[]> {
  const document = await readDocument(file, {what: 'workflow file', ...defined({cwd})})
  return readDraft(document).tasks.flatMap(({id, hook}) => (hook === undefined ? [id] : []))
}
