import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotProvableError } from '../../protocol/operators/operator.ts'
import { ChainOperators } from './chain-operators.ts'
import { caseOf, expectFamilyAgreement, expectHonest } from './families.ts'
import { canonicalOf } from './one-operator.ts'
import { list, movers } from './random-movers.ts'
import { floats, randomFrom } from './random-tensors.ts'

const names = Object.keys(movers)
let chain: ChainOperators
beforeAll(async () => {
  chain = await ChainOperators.start(names)
})
afterAll(() => chain.stop())

describe.each(names)('%s', (name) => {
  const draw = movers[name] as (typeof movers)[string]

  it('gives the same ranges and shapes in TypeScript and Solidity', async () => {
    const random = randomFrom(name)
    await expectFamilyAgreement(
      chain,
      Array.from({ length: 1450 }, () => caseOf(draw(random), random)),
    )
  })

  it.each(['native', 'wasm'] as const)('holds what the %s runtime gives, and nothing beyond', async (runtime) => {
    const runs = runtime === 'native' ? 150 : 30
    await expectHonest(draw, randomFrom(`${name} ${runtime}`), runs, { runtime })
  })
})

describe('a mover whose shape the model computes', () => {
  const data = floats(randomFrom('data'), [4], 0)
  it.each([
    ['Slice', [data, list([0]), list([1])]],
    ['Squeeze', [data, list([0])]],
    ['Unsqueeze', [data, list([0])]],
    ['Split', [data, list([4])]],
    ['Pad', [data, list([1, 1])]],
  ] as const)('is not provable: %s', (type, inputs) => {
    expect(() => canonicalOf({ type, opset: 18, inputs: [...inputs] })).toThrow(NotProvableError)
    expect(() => canonicalOf({ type, opset: 18, inputs: [...inputs] })).toThrow(type)
  })

  it('is not provable where it casts to a type that the contract does not read', () => {
    for (const to of [8, 10, 11, 16]) {
      expect(() => canonicalOf({ type: 'Cast', opset: 13, inputs: [data], int: { to } })).toThrow(NotProvableError)
    }
  })
})
