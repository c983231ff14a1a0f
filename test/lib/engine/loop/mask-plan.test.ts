import {describe, expect, it} from 'vitest'
import {maskPlan} from '../../../../src/lib/engine/loop/mask-plan.ts'
import type {Plan} from '../../../../src/lib/engine/plan.ts'
import {contextOfPlan, type OutputContext} from '../../../../src/lib/engine/sealed-output.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {keptPlan} from '../../../rig/new-run.ts'

const {plan: empty} = keptPlan()

function planWith(vars: Plan['workflow']['vars']): Plan {
  return {...empty, workflow: {...empty.workflow, vars}}
}

function maskerOf(...values: string[]): SecretMasker {
  const masker = new SecretMasker()
  for (const value of values) masker.add(value)
  return masker
}

describe('maskPlan', () => {
  it.each([
    ['a text', {a: 'x hunter2-value y'}],
    ['a value that is all of a text', {a: 'hunter2-value'}],
    ['the name of a member', {'hunter2-value': 1}],
    ['a number', {a: [{b: 12_345_678}]}],
    ['a short value that stands alone', {a: ['z9']}],
    ['several lines', {a: 'line one\nline two'}],
    ['base64', {a: Buffer.from('hunter2-value').toString('base64')}],
    ['colours in it', {a: 'hunter2\u001b[31m-value'}],
  ])('hides %s', (_what, vars) => {
    const masker = maskerOf('hunter2-value', '12345678', 'z9', 'line one\nline two')
    const {plan, isMasked, sealed} = maskPlan(planWith(vars), 'r1', {masker})
    expect(isMasked).toBe(true)
    expect(sealed).toBeUndefined()
    expect(plan.workflow.vars).toEqual(masker.maskJson(vars))
    expect(JSON.stringify(plan)).toContain('***SECRET***')
  })

  it('leaves the very plan where nothing is hidden, also where values would be across two texts', () => {
    const plan = planWith({a: 'hunter2', b: '-value', c: ['xz9x']})
    expect(maskPlan(plan, 'r1', {masker: maskerOf('hunter2-value', 'z9')})).toEqual({plan, isMasked: false})
    expect(maskPlan(plan, 'r1').plan).toBe(plan)
  })

  it('keeps what was hidden sealed, for this run alone', () => {
    const seals: [text: string, context: OutputContext][] = []
    const value = {keyId: 'k', iv: Buffer.alloc(12), tag: Buffer.alloc(16), ciphertext: Buffer.alloc(1)}
    const sealer = {
      seal(plaintext: Uint8Array, context: OutputContext) {
        seals.push([Buffer.from(plaintext).toString(), context])
        return value
      },
    }
    const plan = planWith({a: 'hunter2-value'})
    expect(maskPlan(plan, 'r1', {masker: maskerOf('hunter2-value'), sealer}).sealed).toBe(value)
    expect(seals).toEqual([[JSON.stringify(plan), {run: 'r1', ...contextOfPlan}]])
  })
})
