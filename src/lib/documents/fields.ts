// Values of YAML whose shape is not known yet.

/** A map of YAML. */
export type Fields = Readonly<Record<string, unknown>>

/** A map, and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Anything but a map has no fields. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}
