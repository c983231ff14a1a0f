// `workflow validate`: workflows and their test files, each in its own project.

import {validateFiles, type FileFindings} from '../../planning/validate-files.ts'
import type {App} from '../app.ts'

/** The findings of every file. */
export async function validate(app: App, files: readonly string[]): Promise<FileFindings[]> {
  return await validateFiles(files, async (file) => {
    if (!/\.test\.ya?ml$/.test(file)) return await app.plan(await app.project({file}), {file})
    const {checkTestFile} = await import('../testing/test-files.ts')
    await checkTestFile(app, file)
    return {warnings: []}
  })
}
