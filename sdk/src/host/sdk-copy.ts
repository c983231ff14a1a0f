// Where the SDK's copy beside the host is, and when it stands in. Shared by the host and its loader thread.

export const packageName = '@autokestra/plugin-sdk'

/** Query that makes Node link modules again whose imports could not be resolved before. */
export const retryMark = '?autokestra-sdk'

const entries = new Map([
  [packageName, 'index'],
  [`${packageName}/testing`, 'testing'],
  [`${packageName}/protocol`, 'protocol'],
])

/** The address of the copy for an import of the SDK, undefined for any other specifier. */
export function copyFor(specifier: string, isRequire: boolean): string | undefined {
  const entry = entries.get(specifier)
  return entry === undefined ? undefined : new URL(`./${entry}.${isRequire ? 'cjs' : 'js'}`, import.meta.url).href
}

/** Whether an import or require failed because there is no such module. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')
}
