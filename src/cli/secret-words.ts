// Command lines that may hold a secret: `workflow secrets set NAME VALUE`, and what was probably meant as one.

import type {Interfaces} from '@oclif/core'
import {nearest} from '../lib/util/nearest.ts'

/** What follows `secrets`, and what other programs call it. */
const verbs = new Map(
  Object.entries({
    set: ['add', 'create', 'put', 'update', 'store'],
    get: ['show', 'read', 'cat', 'print', 'reveal'],
    list: ['ls'],
    delete: ['rm', 'remove', 'del', 'unset'],
    import: [],
    export: [],
    verify: ['check'],
    audit: ['log', 'history'],
    reset: [],
    'rotate-key': ['rotate'],
  }).flatMap(([verb, others]) => [verb, ...others].map((word) => [word, verb] as const)),
)

/** Of these, people forget that they stand after `secrets`. */
const valueVerbs: ReadonlySet<string> = new Set(['set', 'get', 'delete', 'add', 'rm', 'unset', 'put'])

/** Whether a command line may hold a name or a value of a secret. */
export function mayHoldSecret(words: readonly string[]): boolean {
  return isTopic(words[0]) || valueVerbs.has(words[0] ?? '')
}

/** The words of an unknown command that may be shown: none that can be the name or the value of a secret, and nothing after `=`. */
export function visibleWords(words: readonly string[]): string[] {
  const [first = '', second] = words
  const shown = !mayHoldSecret(words) ? words : isTopic(first) && second !== undefined && verbOf(second) ? [first, second] : [first]
  return shown.map((word) => word.replace(/=[^]*/, '=…'))
}

/** The words of the command about secrets that is meant, if it is one. */
export function meantSecretCommand([first = '', second = '']: readonly string[]): string | undefined {
  const verb = isTopic(first) ? verbOf(second) : verbOf(first)
  return verb === undefined || !mayHoldSecret([first]) ? undefined : `secrets ${verb}`
}

function isTopic(word = ''): boolean {
  return nearest(word, ['secrets', 'secret']) !== undefined
}

function verbOf(word: string): string | undefined {
  return verbs.get(word) ?? verbs.get(nearest(word, verbs.keys()) ?? '')
}

/** Under DEBUG, oclif prints the whole command line, several times. */
export const silentLogger: Interfaces.Logger = {
  namespace: 'oclif',
  child: () => silentLogger,
  debug: () => undefined,
  error: () => undefined,
  info: () => undefined,
  trace: () => undefined,
  warn: () => undefined,
}
