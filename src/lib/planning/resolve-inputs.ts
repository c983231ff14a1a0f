// The inputs of one run: what it is given, checked and completed. Whatever is wrong or missing is reported at once.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {SchemaCheck, SchemaCompiler} from '../documents/json-schema.ts'
import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import {schemaOfInputs, type DeclaredInput} from '../workflow/inputs/declared-input.ts'
import {readInputText} from '../workflow/inputs/read-input-text.ts'
import {defined} from '../util/defined.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import {didYouMean} from '../util/nearest.ts'
import {explainMissing} from './explain-missing-inputs.ts'
import {readInputFile, type InputFileSources} from './read-input-file.ts'

/** What a run is given. Later ones replace earlier ones: those of another run, values, file, assignments. */
export interface InputsRequest {
  /** Values of another run: those that the workflow does not declare any more are left out. */
  readonly earlier?: JsonObject
  /** From another program: not text, but values of their types. */
  readonly values?: JsonObject
  /** Path of a JSON or YAML file, or `-` for standard input. */
  readonly file?: string | undefined
  /** `name=value`, each. */
  readonly assignments?: readonly string[]
}

/** Asks for an input; `problem` says why the last answer was refused. Resolves with what was typed. */
export type AskInput = (input: DeclaredInput, problem: string | undefined) => Promise<string>

export interface InputSources extends InputFileSources {
  readonly schemas: SchemaCompiler
  /** How a missing input is asked for; or why it cannot be: `there is no terminal to ask on`. */
  readonly ask: AskInput | string
}

/** Values of all inputs; null where there is none. */
export interface ResolvedInputs {
  readonly values: JsonObject
  /** Names of required inputs without a value: only of a file that is checked, not run. */
  readonly missing: readonly string[]
  /** Names of those that have a value of the caller. */
  readonly given: readonly string[]
}

/** A value that was given, and where it comes from. */
interface Given {
  readonly value: JsonValue
  /** Makes a finding about a part of the value. */
  readonly report: (path: readonly (string | number)[], finding: Diagnostic) => Diagnostic
}

/**
 * Throws USAGE with all that is wrong or missing; DOCUMENT_UNREADABLE, or USAGE, for the file.
 * @param file of the workflow, for messages @param request undefined: the file is only checked, so nothing need be given
 */
export async function resolveInputs(
  declared: readonly DeclaredInput[],
  file: string,
  request: InputsRequest | undefined,
  sources: InputSources,
): Promise<ResolvedInputs> {
  const findings: Diagnostic[] = []
  const given = request === undefined ? new Map<string, Given>() : await collectGiven(declared, request, sources, findings)
  const check = given.size === 0 ? undefined : await sources.schemas.compile(schemaOfInputs(declared))
  if (check !== undefined) for (const [name, {value, report}] of given) findings.push(...misfits(check, name, value, report))
  if (findings.length > 0) {
    const count = findings.length === 1 ? '1 error' : `${String(findings.length)} errors`
    throw new WorkflowError('USAGE', `the inputs of the run have ${count}`, {diagnostics: findings})
  }
  const values = new Map([...given].map(([name, {value}]) => [name, value]))
  const missing = declared.filter(({name, isRequired}) => isRequired && !values.has(name))
  if (request !== undefined && missing.length > 0) {
    if (typeof sources.ask === 'string') throw explainMissing(missing, file, sources.ask)
    for (const input of missing) values.set(input.name, await askFor(input, sources.ask, sources.schemas))
  }
  return {
    values: Object.fromEntries(declared.map(({name, default: fallback = null}) => [name, values.get(name) ?? fallback])),
    given: [...values.keys()],
    missing: request === undefined ? missing.map(({name}) => name) : [],
  }
}

async function collectGiven(
  declared: readonly DeclaredInput[],
  {earlier = {}, values = {}, file, assignments = []}: InputsRequest,
  sources: InputSources,
  findings: Diagnostic[],
): Promise<Map<string, Given>> {
  const given = new Map<string, Given>()
  const known = new Map(declared.map((input) => [input.name, input]))
  const names = [...known.keys()]
  const refuseUnknown = (name: string): Diagnostic => ({
    severity: 'error',
    code: 'unknown-input',
    message: `the workflow has no input "${name}"`,
    ...defined({hint: didYouMean(name, names) ?? (names.length === 0 ? 'it declares none' : `it has: ${names.join(', ')}`)}),
  })
  const put = (name: string, value: JsonValue, report: Given['report']): void => {
    if (!known.has(name)) findings.push(report([], refuseUnknown(name)))
    // An empty value is none.
    else if (value !== null) given.set(name, {value, report})
  }

  for (const [name, value] of Object.entries(earlier)) if (known.has(name)) put(name, value, (_, finding) => finding)
  for (const [name, value] of Object.entries(values)) put(name, value, (_, finding) => finding)
  if (file !== undefined) {
    const {value, document} = await readInputFile(file, sources)
    for (const [name, inner] of Object.entries(value))
      put(name, inner, (path, {severity, code, message, hint}) => {
        const target = code === 'unknown-input' ? 'key' : 'value'
        return document.diagnostic([name, ...path], target, {severity, code, message, hint})
      })
  }
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=')
    // What is there instead of a name may be a value: it is not shown.
    const name = equals <= 0 ? undefined : assignment.slice(0, equals)
    const input = name === undefined ? undefined : known.get(name)
    if (name === undefined)
      findings.push({
        severity: 'error',
        code: 'bad-input',
        message: '--input must have the form name=value',
        ...defined({hint: names[0] && `for example --input ${names[0]}=…`}),
      })
    else if (input === undefined) findings.push(refuseUnknown(name))
    else {
      const read = readInputText(input, assignment.slice(equals + 1))
      if (read.ok) put(name, read.value, (_, finding) => finding)
      else findings.push({severity: 'error', code: 'wrong-type', message: `input "${name}" ${read.message}`, ...defined({hint: read.hint})})
    }
  }
  return given
}

function misfits(check: SchemaCheck, name: string, value: JsonValue, report: Given['report']): Diagnostic[] {
  return check({[name]: value}).map((found) => {
    const {path, finding} = placeSchemaFinding(found)
    const [, ...deeper] = path
    const {code, hint} = finding
    const message = deeper.length === 0 ? `input "${name}" ${found.message}` : `${finding.message} (in the input "${name}")`
    return report(deeper, {severity: 'error', code, message, ...defined({hint})})
  })
}

/** Asks until the answer fits. */
async function askFor(input: DeclaredInput, ask: AskInput, schemas: SchemaCompiler): Promise<JsonValue> {
  const check = await schemas.compile(schemaOfInputs([input]))
  let problem: string | undefined
  for (;;) {
    const read = readInputText(input, await ask(input, problem))
    if (!read.ok) problem = `it ${read.message}`
    else {
      const [misfit] = misfits(check, input.name, read.value, (_, finding) => finding)
      if (misfit === undefined) return read.value
      problem = misfit.hint === undefined ? misfit.message : `${misfit.message} (${misfit.hint})`
    }
  }
}
