export const expressionAlias: Readonly<Record<string, string>>
export function buildPlugins(outDir?: string, only?: readonly string[]): Promise<string[]>
