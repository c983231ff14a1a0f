// Turns the JSON Schema literals of an action into TypeScript types; only types, nothing is checked at run time.

/** A JSON Schema, as far as types are drawn from it. The other keywords are left to the workflow command. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly [keyword: string]: unknown
}

interface TypeNames {
  string: string
  number: number
  integer: number
  boolean: boolean
  null: null
}

type Named<S extends JsonSchema, T> = T extends 'object'
  ? FromObject<S>
  : T extends 'array'
    ? FromArray<S>
    : T extends keyof TypeNames
      ? TypeNames[T]
      : unknown

type FromArray<S extends JsonSchema> = S extends {readonly items: infer I extends JsonSchema} ? FromSchema<I>[] : unknown[]

type RequiredKeys<S extends JsonSchema> = S extends {readonly required: readonly (infer K)[]} ? K : never

type FromObject<S extends JsonSchema> = S extends {readonly properties: infer P extends Readonly<Record<string, JsonSchema>>}
  ? Flat<
      {-readonly [K in keyof P as K extends RequiredKeys<S> ? K : never]: FromSchema<P[K]>} & {
        -readonly [K in keyof P as K extends RequiredKeys<S> ? never : K]?: FromSchema<P[K]>
      }
    >
  : Record<string, unknown>

type Flat<T> = {[K in keyof T]: T[K]}

/** The type of the values a schema literal admits: `type`, `properties`, `required`, `items`, `enum` and `const` count, the rest is unknown. */
export type FromSchema<S extends JsonSchema> = S extends {readonly const: infer C}
  ? C
  : S extends {readonly enum: readonly (infer E)[]}
    ? E
    : S['type'] extends readonly (infer T)[]
      ? Named<S, T>
      : Named<S, S['type']>
