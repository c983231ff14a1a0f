// The order of the test files: the slow kinds first, so that the last of them does not run alone while a core idles.

import {BaseSequencer, type TestSpecification} from 'vitest/node'

/** From slow to quick, by the folder below test/. */
const kinds = ['packaging', 'docker', 'anomalies', 'docs', 'scripts', 'commands']

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}

function rank({moduleId}: TestSpecification): number {
  const index = kinds.findIndex((kind) => moduleId.includes(`/test/${kind}/`))
  return index === -1 ? kinds.length : index
}
