import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotProvableError } from '../../protocol/operators/operator.ts'
import { ChainOperators } from './chain-operators.ts'
import { caseOf, expectFamilyAgreement, expectHonest } from './families.ts'
import { canonicalOf } from './one-operator.ts'
import { list } from './random-movers.ts'
import { reductions } from './random-reductions.ts'
import { floats, randomFrom } from './random-tensors.ts'

const names = Object.keys(reductions(1))
let chain: ChainOperators
beforeAll(async () => {
  chain = await ChainOperators.start(names)
})
afterAll(() => chain.stop())

describe.each(names)('%s', (name) => {
  it('gives the same ranges and shapes in TypeScript and Solidity', async () => {
    const random = randomFrom(name)
    const draw = reductions(12)[name] as ReturnType<typeof reductions>[string]
    const cases = Array.from({ length: 3400 }, () => caseOf(draw(random), random))
    // The chain's exp is as coarse as 2^-50.
    await expectFamilyAgreement(chain, cases, name === 'Softmax' ? 2 ** -45 : 0)
  })

  it.each([
    ['native', 'canonical', 120],
    ['native', 'all', 40],
    ['wasm', 'canonical', 40],
  ] as const)('holds what the %s runtime (%s) gives, and nothing beyond', async (runtime, variant, runs) => {
    const draw = reductions(2000)[name] as ReturnType<typeof reductions>[string]
    await expectHonest(draw, randomFrom(`${name} ${runtime} ${variant}`), runs, { runtime, variant, sample: 2 })
  })
})

describe('a reduction that the contract cannot check', () => {
  const data = floats(randomFrom('data'), [4], 0)

  it('is not provable where the model computes the axes', () => {
    expect(() => canonicalOf({ type: 'ReduceSum', opset: 18, inputs: [data, list([0])] })).toThrow(
      new NotProvableError('ReduceSum whose input axes is not constant'),
    )
  })

  it('is not provable where a normalisation has outputs besides the first', () => {
    expect(() => canonicalOf({ type: 'LayerNormalization', opset: 17, inputs: [data, data], outputs: 2 })).toThrow(
      NotProvableError,
    )
  })
})
