import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAgreement } from './agreement.ts'
import { ChainOperators } from './chain-operators.ts'
import { fitting, randomCase } from './random-nodes.ts'
import { randomFrom } from './random-tensors.ts'
import { expectHonest, shares } from './runtime-check.ts'

const types = ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'BatchNormalization']
const CASES = Number(process.env.CASES ?? 5_000)

let chain: ChainOperators
beforeAll(async () => {
  chain = await ChainOperators.start(types)
})
afterAll(() => chain.stop())

describe.each(types)('%s', (type) => {
  it('gives the same ranges in TypeScript and Solidity', async () => {
    const random = randomFrom(`agreement of ${type}`)
    for (let done = 0; done < CASES; done += 500) {
      const cases = Array.from({ length: 500 }, () =>
        randomCase(random, type, { channels: 4, pixels: 3, strange: random.next() < 0.3 ? 0.05 : 0 }),
      )
      await expectAgreement(chain, cases)
    }
  }, 300_000)

  it('holds what ONNX Runtime gives, and nothing beyond the bound', async () => {
    const random = randomFrom(`runtime of ${type}`)
    let held = 0
    for (let i = 0; i < 150; i++) {
      const sizes = { channels: i % 3 === 0 ? 80 : 12, pixels: 9, strange: i % 5 === 0 ? 0.02 : 0 }
      const variant = (['canonical', 'basic', 'all', 'noPrepacking'] as const)[i % 4] ?? 'canonical'
      const node = fitting(random, type, sizes)
      held += await expectHonest(node, i % 6 === 5 ? 'wasm' : 'native', variant, random)
    }
    expect(held).toBeGreaterThan(2_000)
    if (process.env.SHARES) console.log([...shares].filter(([key]) => key.startsWith(`${type} `)))
  }, 300_000)
})
