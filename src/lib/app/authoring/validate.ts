// `workflow validate`: workflows and their test files, each in its own project.

import {fieldsOf} from '../../documents/fields.ts'
import type {SourceDocument} from '../../documents/source-document.ts'
import type {Diagnostic} from '../../errors/diagnostic.ts'
import {validateFiles, type FileFindings} from '../../planning/validate-files.ts'
import type {App} from '../app.ts'

/** The findings of every file. */
export async function validate(app: App, files: readonly string[]): Promise<FileFindings[]> {
  return await validateFiles(files, async (file) => {
    if (!/\.test\.ya?ml$/.test(file)) return await validateWorkflow(app, file)
    const {checkTestFile} = await import('../testing/test-files.ts')
    await checkTestFile(app, file)
    return {warnings: []}
  })
}

/** A file that is disabled has its findings too: whoever switched it off goes on writing it. */
async function validateWorkflow(app: App, file: string): Promise<{warnings: readonly Diagnostic[]}> {
  const {source, warnings} = await app.plan(await app.project({file}), {file, force: true})
  return {warnings: [...warnings, ...disabled(source)]}
}

function disabled(source: SourceDocument): Diagnostic[] {
  if (fieldsOf(source.value)['enabled'] !== false) return []
  const finding = {
    code: 'workflow-disabled',
    message: 'the workflow is disabled: `workflow run` refuses it',
    hint: '--force runs it anyway',
  }
  return [source.diagnostic(['enabled'], 'value', {severity: 'warning', ...finding})]
}
