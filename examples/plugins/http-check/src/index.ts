// The action `check`: asks one address. `context.fetch` is the fetch of Node, and in a container the only way out.

import {ActionError, defineAction} from '@autokestra/plugin-sdk'

interface Input {
  url: string
  token?: string
  contains?: string
}

export const check = defineAction({
  async execute({url, token, contains}: Input, {fetch, log, signal}) {
    const headers: Record<string, string> = token === undefined ? {} : {authorization: `Bearer ${token}`}
    const answer = await fetch(url, {headers, signal})
    const text = await answer.text()
    log.info('answered', {status: answer.status, bytes: text.length})
    if (answer.status >= 400) {
      // Another try helps when the server is the one to blame.
      throw new ActionError('BAD_STATUS', `${url} answered with status ${answer.status}`, {retryable: answer.status >= 500})
    }
    const type = answer.headers.get('content-type')
    return {
      status: answer.status,
      bytes: Buffer.byteLength(text),
      found: contains === undefined || text.includes(contains),
      ...(type === null ? {} : {type}),
    }
  },
})
