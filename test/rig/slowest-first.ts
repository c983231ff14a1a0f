// The order of the test files: the slow kinds first, so that the last of them does not run alone while a core idles.

import {BaseSequencer, type TestSpecification} from 'vitest/node'

/** From slow to quick, by the beginning of the path below test/. The units among them are those that try many cases. */
const kinds = [
  'packaging/',
  'docker/',
  'anomalies/',
  'lib/masking/oracle.',
  'docs/',
  'scripts/',
  'lib/workflow/fuzz.',
  'lib/masking/large-values.',
  'snapshots/',
  'commands/',
]

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}

function rank({moduleId}: TestSpecification): number {
  const index = kinds.findIndex((kind) => moduleId.includes(`/test/${kind}`))
  return index === -1 ? kinds.length : index
}
