// Answers the completion scripts: what may stand next on a command line.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {complete, type Candidate, type CandidateSources} from '../cli/completion/candidates.ts'
import {describeHelp} from '../cli/help/document.ts'

/** A longer list is not useful. */
const shownRuns = 50

export class Complete extends BaseCommand {
  static override hidden = true
  static override hidesArguments = true
  static override summary = 'Print what can come next on a command line, for completion scripts.'
  static override examples = ['<%= config.bin %> complete -- runs logs --task ""']
  static override strict = false
  static override args = {words: Args.string({description: 'after --: the words of the command line, the last one to be completed'})}

  async run(): Promise<{readonly files: boolean; readonly candidates: readonly Candidate[]}> {
    await this.parse(Complete)
    // As they are: the parser would take a second -- away.
    const words = this.argv.slice(this.argv.indexOf('--') + 1)
    const completion = await complete(words, describeHelp([], this.config), this.#sources())
    const files = completion === 'files'
    const candidates = files ? [] : completion
    // One a line, whatever a description holds.
    const lines = candidates.map(({value, description}) => `${value}\t${description.replaceAll(/\s+/g, ' ')}\n`)
    this.print(() => (files ? ':files\n' : lines.join('')))
    return {files, candidates}
  }

  /** Names only: no key is asked for and no value is read. */
  #sources(): CandidateSources {
    const runs = async () => (await (await this.app()).runs()).list({limit: shownRuns})
    return {
      runs: quiet(async () => [
        {value: 'latest', description: 'the newest run'},
        ...(await runs()).map(({id, workflow, status}) => ({value: id, description: `${workflow} ${status}`})),
      ]),
      workflows: quiet(async () => [...new Set((await runs()).map(({workflow}) => workflow))].map((value) => ({value, description: ''}))),
      secrets: quiet(async () => (await (await this.app()).secrets()).list().map(({name}) => ({value: name, description: 'secret'}))),
      plugins: quiet(async () => (await (await (await this.app()).plugins()).names()).map((value) => ({value, description: 'plugin'}))),
      tasks: quiet(async (of: {readonly file: string} | {readonly run: string}) => {
        const app = await this.app()
        if ('file' in of) return (await app.taskIds(of.file)).map((value) => ({value, description: 'task'}))
        const rows = await app.runs()
        return rows.details(rows.get(of.run)).tasks.map(({id, status}) => ({value: id, description: status}))
      }),
    }
  }
}

/** Somebody who types is not interrupted by what is wrong elsewhere. */
function quiet<A extends readonly unknown[]>(ask: (...args: A) => Promise<Candidate[]>): (...args: A) => Promise<Candidate[]> {
  return async (...args) => {
    try {
      return await ask(...args)
    } catch {
      return []
    }
  }
}
