// Where the value of a secret comes from: the command line, standard input, a file, or a prompt.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {asArgument, checkSecretName, checkSecretValue, maxSecretBytes} from '../../secrets/formats/secret-name.ts'
import {readFileBytes} from '../../files/read-file-bytes.ts'
import {withoutLineEnd} from '../../util/without-line-end.ts'
import type {Prompt} from './prompt.ts'

export interface ValueRequest {
  readonly name: string
  /** As an argument; `-` stands for standard input. */
  readonly value?: string | undefined
  readonly isStdin: boolean
  readonly file?: string | undefined
  /** Keeps the line end after a value from standard input. */
  readonly isRaw: boolean
  readonly noInput: boolean
}

export interface ValueInputs {
  readonly prompt: Prompt
  readStdinBytes(maxBytes: number): Promise<Buffer>
}

/** Name and value are those of a secret that can be stored. Throws USAGE when the value is given twice, or not at all without a terminal. */
export async function readSecretValue(request: ValueRequest, inputs: ValueInputs): Promise<Uint8Array> {
  const {name, file, isRaw} = request
  checkSecretName(name)
  const isStdin = request.isStdin || request.value === '-'
  const argument = request.value === '-' ? undefined : request.value
  if ([argument !== undefined, isStdin, file !== undefined].filter(Boolean).length > 1) {
    throw new WorkflowError('USAGE', 'the value is given more than once', {hint: 'as an argument, with --stdin, or with --from-file FILE'})
  }
  if (isRaw && !isStdin) throw new WorkflowError('USAGE', '--raw is for a value from standard input', {hint: 'add --stdin'})
  const value = await read()
  checkSecretValue(name, value)
  return value

  async function read(): Promise<Uint8Array> {
    if (argument !== undefined) return Buffer.from(argument)
    if (file !== undefined) return await readFileBytes(file, maxSecretBytes)
    // Typed into a terminal, it would be shown there: so it is asked for.
    const canAsk = inputs.prompt.isAvailable(request.noInput)
    if (isStdin && !canAsk) {
      const bytes = await inputs.readStdinBytes(maxSecretBytes + 2)
      return isRaw ? bytes : withoutLineEnd(bytes)
    }
    if (!canAsk) {
      throw new WorkflowError('USAGE', `no value for secret '${name}', and ${inputs.prompt.whyNot(request.noInput)}`, {
        hint: `pipe the value into \`workflow secrets set --stdin ${asArgument(name)}\`, or name a file: --from-file FILE`,
      })
    }
    return Buffer.from(await inputs.prompt.secret(`Value of ${name}:`, {confirm: `Value of ${name} again:`}))
  }
}
