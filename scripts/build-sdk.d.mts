export function buildSdk(outDir?: string, options?: {types?: boolean}): Promise<void>
