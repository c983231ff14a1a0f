// Node as somebody whom permissions stop. Root keeps its name, and so its way into this checkout, but gives up the right to pass over permissions.

/** Program and first arguments; the script follows. */
export const nodeWithoutPrivileges: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', process.execPath] : [process.execPath]
