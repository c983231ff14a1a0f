// Memory and CPU time of one step in a container that it may share: read from its own processes, where they can be seen from here.

import type {ProcessMetrics} from '../../runtimes/runtime.ts'
import {hasProcFs, readProcFile} from '../../util/proc-stat.ts'
import {TreeSampler, type Sample} from '../../util/proc/tree-sampler.ts'

export interface StepMetrics {
  /** As of the last look. */
  stop(): ProcessMetrics
}

/** A short step is over before anybody has looked. */
const firstQuestionMs = 20
const questions = 20

export class StepSampler {
  readonly #sampler = new TreeSampler()

  /** @param pid asks for the process id on the engine's machine, which may be another one; 0 while the step has none yet */
  watch(containerId: string, pid: () => Promise<number>): StepMetrics {
    let sample: Sample | undefined
    let timer: NodeJS.Timeout | undefined
    let isStopped = false
    const look = async (left: number): Promise<void> => {
      const found = await pid()
      if (isStopped) return
      if (found === 0) ask(left - 1)
      // The same number means another process where the engine has another kernel.
      else if (readProcFile(`/proc/${String(found)}/cgroup`)?.includes(containerId) === true) sample = this.#sampler.add(found)
    }
    const ask = (left: number): void => {
      if (left === 0) return
      // An engine that does not answer says so elsewhere.
      timer = setTimeout(() => void look(left).catch(() => undefined), firstQuestionMs).unref()
    }
    if (hasProcFs) ask(questions)
    return {
      stop: () => {
        isStopped = true
        clearTimeout(timer)
        if (sample === undefined) return {}
        this.#sampler.remove(sample)
        return sample.metrics
      },
    }
  }
}
