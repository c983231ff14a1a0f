import {describeJournal} from '../contracts/journal.ts'
import {MemoryJournal, type MemoryRuns} from './memory-journal.ts'

describeJournal('MemoryJournal', () => {
  const runs: MemoryRuns = new Map()
  return Promise.resolve({journal: new MemoryJournal(runs), open: () => Promise.resolve(new MemoryJournal(runs))})
})
