// The inputs that a workflow declares: do their rules fit together, and do defaults and allowed values fit the rules?

import {fieldsOf, isFields} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import type {SchemaCheck, SchemaCompiler} from '../../documents/json-schema.ts'
import {placeSchemaFinding} from '../../documents/schema-diagnostics.ts'
import {SchemaError} from '../../documents/schema-guard.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import {keywordsByType, readDeclaredInputs, schemaOfInputs, type DeclaredInput} from '../inputs/declared-input.ts'
import {isSecretName, secretHint} from '../inputs/secret-input.ts'

/** @param written `inputs` of the file, which may have any shape @param trigger of the file: a schedule has no one to ask */
export async function checkInputs(written: unknown, trigger: unknown, schemas: SchemaCompiler): Promise<CheckFinding[]> {
  const declared = readDeclaredInputs(written)
  if (declared.length === 0) return []
  const fields = fieldsOf(written)
  const found = declared.flatMap((input) => checkDeclaration(input, fields[input.name], trigger !== undefined))
  if (found.some(({severity = 'error'}) => severity === 'error')) return found
  const compiled = await compile(declared, schemas)
  return [...found, ...(typeof compiled === 'function' ? checkValues(declared, fields, compiled) : [compiled])]
}

const alwaysKnown = new Set(['type', 'description', 'required', 'default', 'enum'])
const allKeywords = new Set(Object.values(keywordsByType).flat())

function checkDeclaration({name, type, isRequired}: DeclaredInput, written: unknown, isTriggered: boolean): CheckFinding[] {
  const at: DocumentPath = ['inputs', name]
  if (isSecretName(name)) {
    return [
      {
        at,
        target: 'key',
        code: 'secret-input',
        message: `the input "${name}" looks like a secret: the values of inputs are stored with the run, and shown`,
        hint: secretHint(name),
      },
    ]
  }
  if (!isFields(written)) return []
  const found: CheckFinding[] = []
  for (const key of Object.keys(written)) {
    if (alwaysKnown.has(key) || !allKeywords.has(key) || keywordsByType[type].includes(key)) continue
    const types = Object.entries(keywordsByType).flatMap(([of, keywords]) => (keywords.includes(key) ? [of] : []))
    found.push({
      at: [...at, key],
      target: 'key',
      code: 'bad-input',
      message: `"${key}" is for inputs of type ${types.join(' or ')}, not ${type}`,
    })
  }
  for (const [least, most] of [
    ['minimum', 'maximum'],
    ['minLength', 'maxLength'],
    ['minItems', 'maxItems'],
  ] as const) {
    if (Number(written[least]) > Number(written[most]))
      found.push({at: [...at, least], code: 'bad-input', message: `"${least}" is greater than "${most}": no value fits`})
  }
  if (written['required'] === true && written['default'] !== undefined)
    found.push({
      at: [...at, 'required'],
      severity: 'warning',
      code: 'required-with-default',
      message: `the input "${name}" has a default, so it is never asked for`,
      hint: 'remove "default", or "required"',
    })
  if (isRequired && isTriggered)
    found.push({
      at: [...at, 'required'],
      severity: 'warning',
      code: 'required-input-of-trigger',
      message: `a run that the trigger starts has no value for the input "${name}"`,
      hint: 'give it a default',
    })
  return found
}

/** The check of all values; a finding when a rule is not a schema that can be used. */
async function compile(declared: readonly DeclaredInput[], schemas: SchemaCompiler): Promise<SchemaCheck | CheckFinding> {
  try {
    // Without `enum`: its values are checked with the other rules.
    const withoutChoices = declared.map((input) => {
      const {enum: _choices, ...schema} = input.schema
      return {...input, schema}
    })
    return await schemas.compile(schemaOfInputs(withoutChoices))
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const [, ...path] = error.path
    return {at: ['inputs', ...path], code: 'bad-input', message: error.message.replace(/ \(at [^()]*\)$/, '')}
  }
}

function checkValues(declared: readonly DeclaredInput[], fields: Readonly<Record<string, unknown>>, check: SchemaCheck): CheckFinding[] {
  return declared.flatMap(({name, default: fallback, choices = []}) => {
    const written = fields[name]
    const at = isFields(written) ? ['inputs', name, 'default'] : ['inputs', name]
    const misfits = choices.flatMap((choice, nth) =>
      placeMisfits(check, name, choice, ['inputs', name, 'enum', nth], `enum[${String(nth)}] of the input "${name}"`),
    )
    if (fallback === undefined) return misfits
    const found = placeMisfits(check, name, fallback, at, `the default of the input "${name}"`)
    if (found.length > 0 || misfits.length > 0 || choices.length === 0) return [...misfits, ...found]
    if (choices.some((choice) => JSON.stringify(choice) === JSON.stringify(fallback))) return []
    const list = choices
      .slice(0, 20)
      .map((choice) => JSON.stringify(choice))
      .join(', ')
    return [{at, code: 'invalid-value', message: `the default of the input "${name}" must be one of ${list}`}]
  })
}

function placeMisfits(check: SchemaCheck, name: string, value: unknown, at: DocumentPath, what: string): CheckFinding[] {
  return check({[name]: value}).map((found) => {
    const {path, target, finding} = placeSchemaFinding(found)
    const [, ...deeper] = path
    // The message begins with the name of what it is about.
    const message = deeper.length === 0 ? `${what} ${found.message}` : `${finding.message}, in ${what}`
    return {...finding, at: [...at, ...deeper], target, message}
  })
}
