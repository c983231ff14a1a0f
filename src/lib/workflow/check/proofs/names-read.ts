// Which names of a root the templates of a file read.

import {TemplateError} from '../../../templates/template-error.ts'
import type {Templates} from '../../../templates/templates.ts'
import type {DraftTemplate} from '../../list-templates.ts'

/** Undefined: it could be any of them, or a template does not parse. @param all templates of the file */
export function namesRead(root: string, all: readonly DraftTemplate[], templates: Templates): Set<string> | undefined {
  const read = new Set<string>()
  for (const {text} of all) {
    if (!text.includes(root)) continue
    try {
      for (const {root: other, path} of templates.parse(text).references) {
        if (other !== root) continue
        if (typeof path[0] !== 'string') return undefined
        read.add(path[0])
      }
    } catch (error) {
      if (error instanceof TemplateError) return undefined
      throw error
    }
  }
  return read
}
