// Optional members of an object literal.

type Defined<T> = {[Name in keyof T]?: Exclude<T[Name], undefined>}

/**
 * The members that are not undefined, to spread where they are optional: `{file, ...defined({line, hint})}`. A member that is undefined would override
 * the one it is merged over, such as a limit.
 * @param members a literal; it is returned itself when all of it is defined
 */
export function defined<T extends object>(members: T): Defined<T> {
  for (const name in members) if (members[name] === undefined) return withoutUndefined(members)
  return members
}

function withoutUndefined<T extends object>(members: T): Defined<T> {
  const kept: Partial<T> = {}
  for (const name in members) if (members[name] !== undefined) kept[name] = members[name]
  return kept as Defined<T>
}
