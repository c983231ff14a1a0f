// What ajv found about alternatives (`anyOf`, `oneOf`): reduced to the branch that was meant, or to one finding for all branches.

/** The part of ajv's error object that is used; generated code makes the same. */
export interface RawFinding {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly parentSchema?: unknown
  /** Set on findings about the name of a property; the `propertyNames` finding itself says enough. */
  readonly propertyName?: string
}

/** ajv lists the findings of every branch, then the `anyOf` itself. */
export function settleAlternatives(raw: readonly RawFinding[]): RawFinding[] {
  let settled: RawFinding[] = []
  for (const error of raw) {
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      settled.push(error)
      continue
    }
    const isBranch = (other: RawFinding) => `${other.instancePath}/`.startsWith(`${error.instancePath}/`) && !isBeside(other, error)
    const inBranches = settled.filter(isBranch)
    settled = settled.filter((other) => !isBranch(other))
    settled.push(...(bestBranch(error, inBranches) ?? [error]))
  }
  return settled
}

/**
 * Whether a finding comes from another keyword of the schema that has the choice. Its path shows that, except where both start at `#`: a
 * branch that is a reference reports as if its target were a schema of its own.
 */
function isBeside(other: RawFinding, choice: RawFinding): boolean {
  if (other.schemaPath.startsWith(`${choice.schemaPath}/`)) return false
  const parent = choice.schemaPath.slice(0, choice.schemaPath.lastIndexOf('/'))
  if (parent !== '#') return other.schemaPath.startsWith(`${parent}/`)
  const keyword = other.schemaPath.split('/')[1]
  return keyword !== undefined && keyword !== '$defs' && keyword !== 'definitions' && Object.hasOwn(asObject(choice.parentSchema), keyword)
}

/** The branch whose type fits, when there is exactly one. */
function bestBranch(choice: RawFinding, found: readonly RawFinding[]): RawFinding[] | undefined {
  if (choicesOfProperties(asObject(choice.parentSchema)[choice.keyword]) !== undefined) return undefined
  const branches = new Map<string, RawFinding[]>()
  for (const error of found) {
    if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) return undefined
    const branch = error.schemaPath.slice(choice.schemaPath.length + 1).split('/')[0] ?? ''
    branches.set(branch, [...(branches.get(branch) ?? []), error])
  }
  const fitting = [...branches.values()].filter(
    (errors) =>
      !errors.some(({keyword, instancePath}) => (keyword === 'type' && instancePath === choice.instancePath) || keyword === 'const'),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

/** The names, when all that the forms say is which property must be there: `[{required: [a]}, {required: [b]}]`. */
export function choicesOfProperties(forms: unknown): string[] | undefined {
  if (!Array.isArray(forms)) return undefined
  const names = forms.map((form) => {
    const {required, ...rest} = asObject(form)
    const isPlain = Array.isArray(required) && required.length > 0 && Object.keys(rest).length === 0
    return isPlain ? required.map((name) => `"${String(name)}"`).join(' and ') : undefined
  })
  return names.every((name) => name !== undefined) ? names : undefined
}

/** The value, or an object without members when it is not an object. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}
