import type {Metafile} from 'esbuild'

export const root: string
export const bundleFile: string
export function buildBundle(outfile?: string): Promise<Metafile>
