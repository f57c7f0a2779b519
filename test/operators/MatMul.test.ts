import { afterAll, beforeAll, describe, it } from 'vitest'
import { expectAgreement } from './agreement.ts'
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
})
