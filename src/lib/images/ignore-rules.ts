// The patterns of a .dockerignore file -> which paths stay out of the context. Same rules as those of Docker's client: the last pattern that fits
// decides, and what fits a directory fits all that is in it.

import {loadRe2, type Re2} from '../documents/re2.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {cleanPattern, compileIgnorePattern, refusePattern, type PathTest} from './ignore-pattern.ts'

/** What the rules say of one path. */
export interface IgnoreVerdict {
  readonly isIgnored: boolean
  /** Of each rule, whether it fits the path or a directory above. */
  readonly fits: readonly boolean[]
}

export interface IgnoreRules {
  /** @param path relative, with `/` @param parent of the directory that holds it; absent at the top */
  judge(path: string, parent?: IgnoreVerdict): IgnoreVerdict
  /** The same for a path alone. */
  isIgnored(path: string): boolean
  /** Whether an exception (`!pattern`) names something below this directory, so that it must be looked into although it is ignored. */
  hasExceptionBelow(directory: string): boolean
}

interface Rule {
  readonly isException: boolean
  /** As written, cleaned. */
  readonly text: string
  readonly matches: PathTest
}

/** What nobody means to send. A `.dockerignore` takes it back with an exception such as `!node_modules`. */
const alwaysIgnored = ['**/.git', '**/.hg', '**/.svn', '**/.DS_Store', '**/node_modules']
const mostRules = 10_000

/**
 * Reads the text of a .dockerignore file: a pattern on each line, `#` begins a comment, `!` an exception. Rejects with BUILD_FAILED for a pattern that
 * Docker refuses.
 * @param before patterns that the text overrules
 */
export async function parseIgnoreRules(text: string, before: readonly string[] = []): Promise<IgnoreRules> {
  const re2 = await loadRe2()
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  if (lines.length > mostRules) throw badPattern(`it has more than ${mostRules} lines`)
  const rules = [...alwaysIgnored, ...before, ...lines.filter((line) => !line.startsWith('#'))].flatMap((line) => parseRule(line, re2))
  const exceptions = rules.filter(({isException}) => isException)
  const judge = (name: string, parent?: IgnoreVerdict): IgnoreVerdict => {
    let isIgnored = false
    const fits = rules.map(({isException, matches}, index) => {
      // A rule that could change nothing is not asked, and so does not count for what is below either.
      const isFitting = parent?.fits[index] === true || (isException === isIgnored && matches(name))
      if (isFitting) isIgnored = !isException
      return isFitting
    })
    return {isIgnored, fits}
  }
  return {
    judge,
    isIgnored: (name) => {
      let verdict: IgnoreVerdict | undefined
      const parts = name.split('/')
      for (const index of parts.keys()) verdict = judge(parts.slice(0, index + 1).join('/'), verdict)
      return verdict?.isIgnored ?? false
    },
    hasExceptionBelow: (directory) => exceptions.some(({text: name}) => `${name}/`.startsWith(`${directory}/`)),
  }
}

function parseRule(line: string, re2: Re2): Rule[] {
  const trimmed = line.trim()
  if (trimmed === '') return []
  const isMarked = trimmed.startsWith('!')
  const written = isMarked ? trimmed.slice(1).trim() : trimmed
  const cleaned = written === '' ? '' : cleanPattern(written)
  // Docker's client takes the slash at the top away before it looks for the mark: /!a is an exception too.
  const isException = isMarked || cleaned.startsWith('!')
  const text = isMarked || !isException ? cleaned : cleaned.slice(1)
  if (isException && (text === '' || text === '/')) throw badPattern(`"${trimmed}" names nothing`)
  const problem = refusePattern(text)
  if (problem !== undefined) throw badPattern(`"${trimmed}" is not a valid pattern: ${problem}`)
  try {
    return [{isException, text, matches: compileIgnorePattern(text, re2)}]
  } catch (error) {
    throw badPattern(`"${trimmed}" is not a valid pattern: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function badPattern(reason: string): WorkflowError {
  return new WorkflowError('BUILD_FAILED', `The .dockerignore cannot be used: ${reason}.`, {
    hint: 'Docker would refuse it too: fix it, or remove it',
  })
}
