import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tensor } from '../../protocol/tensor.ts'
import { expectAgreement, ownElement } from './agreement.ts'
import { type Case, ChainOperators } from './chain-operators.ts'
import { floats, randomFrom } from './random-tensors.ts'

let chain: ChainOperators
beforeAll(async () => {
  chain = await ChainOperators.start(['MatMul', 'Relu'])
})
afterAll(() => chain.stop())

describe('MatMul', () => {
  it('gives the same ranges in TypeScript and Solidity', async () => {
    const random = randomFrom('MatMul')
    const whole = (below: number) => Math.floor(random.next() * below)
    const cases = Array.from({ length: 500 }, (): Case => {
      const [m, k, n] = [1 + whole(4), 1 + whole(40), 1 + whole(5)]
      const strange = random.next() < 0.3 ? 0.05 : 0
      return {
        type: 'MatMul',
        axes: [random.next() < 0.5 ? -1 : -2, random.next() < 0.5 ? -1 : -2],
        query: {
          terms: random.next() < 0.5 ? { rule: 'worstCase', lambda: 0 } : { rule: 'probabilistic', lambda: 8 },
          attributes: [],
          inputs: [floats(random, [m, k], strange), floats(random, [k, n], strange)],
          output: 0,
          dims: [m, n],
          index: whole(m * n),
        },
      }
    })
    await expectAgreement(chain, cases)
  })

  it.each([
    ['a product of 2^136', [2 ** 68], [2 ** 68]],
    ['products that add up to 2^136', Array(4).fill(2 ** 67), Array(4).fill(2 ** 67)],
    ['products that cancel, but are infinite each', [2 ** 67, -(2 ** 67)], [2 ** 67, 2 ** 67]],
    [
      'products whose sum overflows before it cancels',
      [...Array(40).fill(2 ** 60), ...Array(40).fill(-(2 ** 60))],
      Array(80).fill(2 ** 62),
    ],
  ])('leaves open %s', async (_, left, right) => {
    const tensor = (dims: number[], values: number[]): Tensor => {
      return { dtype: 'float32', dims, data: new Uint8Array(Float32Array.from(values).buffer) }
    }
    const query = {
      ...{ terms: { rule: 'worstCase', lambda: 0 } as const, attributes: [], output: 0, dims: [1, 1], index: 0 },
      inputs: [tensor([1, left.length], left), tensor([right.length, 1], right)],
    }
    await expectAgreement(chain, [{ type: 'MatMul', query }])
    expect(ownElement({ type: 'MatMul', query })).toEqual({ kind: 'open' })
  })
})
