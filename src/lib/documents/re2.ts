// Regular expressions in the syntax of RE2, that of Go: none takes more than linear time.

import type {TextTest} from './linear-regexp.ts'

/** Makes tests whether a text holds a match. Throws for what is not a regular expression. */
export type Re2 = (source: string) => TextTest

/** Loaded when it is first needed: most commands never do. */
export async function loadRe2(): Promise<Re2> {
  const {RE2JS} = await import('re2js')
  return (source) => {
    const compiled = RE2JS.compile(source)
    return {test: (text) => compiled.matcher(text).find()}
  }
}
