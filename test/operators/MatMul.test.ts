import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    ['a product', [2 ** 68], [2 ** 68]],
    ['a sum that cancels', [2 ** 64, 2 ** 64], [2 ** 64, -(2 ** 64)]],
  ])('leaves open %s that overflows in float32', async (_, a, b) => {
    const tensor = (values: number[], dims: number[]) => ({
      dtype: 'float32' as const,
      dims,
      data: new Uint8Array(Float32Array.from(values).buffer),
    })
    const one: Case = {
      type: 'MatMul',
      query: {
        terms: { rule: 'worstCase', lambda: 0 },
        attributes: [],
        inputs: [tensor(a, [1, a.length]), tensor(b, [b.length, 1])],
        output: 0,
        dims: [1, 1],
        index: 0,
      },
    }
    expect(ownElement(one)).toEqual({ kind: 'open' })
    expect(await chain.element(one)).toEqual({ kind: 'open' })
  })
})
