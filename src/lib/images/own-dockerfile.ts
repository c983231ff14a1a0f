// The Dockerfile a plugin brings along: which file it is, and what of it is unwise.

import {readdirSync, realpathSync} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {NotPlainFileError, readPlainFile} from '../files/read-plain-file.ts'
import {isWithin} from '../permissions/path-policy.ts'

export interface OwnDockerfile {
  /** Name in the plugin's directory. */
  readonly name: string
  readonly text: string
  readonly warnings: readonly Diagnostic[]
}

/** The names Docker itself looks for; the first wins. */
const names = ['Dockerfile', 'dockerfile']

const maxBytes = 1024 * 1024

/**
 * Undefined when there is none, or an empty one: a shell makes that before `plugin build --print > Dockerfile` is started. Throws BUILD_FAILED for one
 * that is not a file, or a link out of the directory.
 */
export function findOwnDockerfile(dir: string): OwnDockerfile | undefined {
  // Listed and compared: some file systems take any spelling for the name.
  const listed = readdirSync(dir)
  const name = names.find((candidate) => listed.includes(candidate))
  if (name === undefined) return undefined
  const file = path.join(dir, name)
  const text = readOwn(dir, file)
  return text.trim() === '' ? undefined : {name, text, warnings: checkDockerfile(text, file)}
}

/** A Dockerfile by a name that Docker does not know, which its author may take for used. */
export function findMisnamedDockerfile(dir: string): Diagnostic | undefined {
  const name = readdirSync(dir).find((candidate) => candidate.toLowerCase() === 'dockerfile' && !names.includes(candidate))
  if (name === undefined) return undefined
  return {
    severity: 'warning',
    code: 'dockerfile-misnamed',
    message: `${name} is not used: the file must be called Dockerfile`,
    file: path.join(dir, name),
    hint: `mv ${name} Dockerfile`,
  }
}

function readOwn(dir: string, file: string): string {
  const refuse = (reason: string): WorkflowError =>
    new WorkflowError('BUILD_FAILED', `${file} cannot be used: ${reason}`, {
      hint: 'replace it with a regular file, or remove it to have one generated',
    })
  try {
    const real = realpathSync.native(file)
    if (!isWithin(real, path.resolve(dir))) throw refuse(`it is a link that points outside the plugin's directory, to ${real}`)
    return readPlainFile(real, {maxBytes, mayBeLink: false}).toString('utf8')
  } catch (error) {
    if (error instanceof NotPlainFileError) throw refuse(`it ${error.reason}`)
    if (error instanceof WorkflowError || !(error instanceof Error && 'code' in error)) throw error
    throw refuse(`it cannot be read (${String(error.code)})`)
  }
}

/** Warnings only: what is in the file is up to its author, and is sent as it is. */
export function checkDockerfile(text: string, file: string): Diagnostic[] {
  const findings: Diagnostic[] = []
  const stages = new Set<string>()
  let user: {readonly name: string; readonly line: number; readonly source: string} | undefined
  for (const {line, source, words} of instructions(text)) {
    const [keyword = '', ...rest] = words
    const args = rest.filter((word) => !word.startsWith('--'))
    const at = {file, line, column: 1, length: source.length, sourceLine: source}
    if (keyword === 'FROM') {
      const [image = '', as = '', stage = ''] = args
      if (!stages.has(image) && image !== 'scratch' && !isPinned(image)) {
        const message = `the base image ${image} is not pinned: it may be a different image tomorrow`
        findings.push({
          severity: 'warning',
          code: 'base-not-pinned',
          message,
          ...at,
          hint: 'name a version, or preferably a digest: image@sha256:…',
        })
      }
      if (as.toUpperCase() === 'AS') stages.add(stage)
      // A stage that builds on another one keeps its user; what others say is not known.
      if (!stages.has(image)) user = undefined
    }
    if (keyword === 'USER') user = {name: args[0] ?? '', line, source}
    if (keyword === 'ADD' && /^https?:\/\//.test(args[0] ?? '')) {
      const message = 'ADD downloads a file that is not checked'
      findings.push({severity: 'warning', code: 'unchecked-download', message, ...at, hint: 'use COPY, or check what was downloaded'})
    }
  }
  if (user === undefined || /^(?:root|0)(?::|$)/.test(user.name)) {
    findings.push({
      severity: 'warning',
      code: 'image-user-root',
      message: user === undefined ? 'the Dockerfile names no USER' : 'the last USER of the Dockerfile is root',
      file,
      ...(user !== undefined && {line: user.line, column: 1, length: user.source.length, sourceLine: user.source}),
      hint: 'end it with a USER that is not root; a restricted task never runs as root, whatever the image says',
    })
  }
  return findings
}

/** Whether an image reference names a version. A variable does as far as can be seen. */
function isPinned(image: string): boolean {
  if (image.includes('@') || image.includes('$')) return true
  const [, tag] = /:([^/:]+)$/.exec(image) ?? []
  return tag !== undefined && tag !== 'latest'
}

/** Instructions with their first line, continued lines joined, comments left out. */
function instructions(text: string): {line: number; source: string; words: string[]}[] {
  const found: {line: number; source: string; words: string[]}[] = []
  let open: {line: number; source: string; text: string} | undefined
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    if (source.trim() === '' || source.trimStart().startsWith('#')) continue
    open = {line: open?.line ?? index + 1, source: open?.source ?? source, text: `${open?.text ?? ''} ${source.replace(/\\\s*$/, '')}`}
    if (/\\\s*$/.test(source)) continue
    const [keyword = '', ...rest] = open.text.trim().split(/\s+/)
    found.push({line: open.line, source: open.source, words: [keyword.toUpperCase(), ...rest]})
    open = undefined
  }
  return found
}
