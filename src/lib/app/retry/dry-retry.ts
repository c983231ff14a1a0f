// `workflow runs retry RUN --dry-run`: what would run and why. Starts nothing, and opens no secret: both runs are compared with stand-ins for them.

import type {App} from '../app.ts'
import {secretsInUse} from '../../engine/plan.ts'
import {keepOutlook, type KeepOutlook} from '../../execution/kept/keep-outlook.ts'
import {SecretMasker} from '../../masking/secret-masker.ts'
import {planRetry, type RetryRequest} from './retry-run.ts'

export interface RetryOutlook {
  /** Id of the run that would be retried. */
  readonly retryOf: string
  readonly workflow: string
  /** Absolute. */
  readonly file: string
  /** In file order, without hooks. */
  readonly tasks: readonly (KeepOutlook & {readonly id: string})[]
}

export async function dryRetry(app: App, request: RetryRequest): Promise<RetryOutlook> {
  const {retried, planned, origin} = await planRetry(app, request)
  const names = new Set([...secretsInUse(planned.plan), ...secretsInUse(retried.plan)])
  const secrets = {values: new Map([...names].map((name) => [name, `the secret ${name}`])), masker: new SecretMasker()}
  const {step, earlier} = await origin.preview(planned, secrets)
  const outlook = await keepOutlook({...planned, step, earlier, secrets})
  const {workflow, file} = planned.plan
  return {retryOf: retried.run.id, workflow: workflow.id, file, tasks: [...outlook].map(([id, found]) => ({id, ...found}))}
}
