// The plugin core/json. The expression language is that of workflow templates: the bundler puts the same code in here.

import {ActionError, defineAction, type JsonValue} from '@autokestra/plugin-sdk'
import {evaluateExpression} from 'autokestra:expression'
import {explainFailure} from './explain-failure.ts'

/** Evaluates `expression` with `data` as its only variable. Fails with EXPRESSION_FAILED, which says where. */
export const transform = defineAction({
  async execute({data, expression}: {data: JsonValue; expression: string}): Promise<{value: unknown}> {
    try {
      return {value: await evaluateExpression(expression, {data})}
    } catch (error) {
      const explained = explainFailure(error, expression)
      if (explained === undefined) throw error
      throw new ActionError('EXPRESSION_FAILED', explained, {retryable: false, cause: error})
    }
  },
})
