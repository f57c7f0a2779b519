import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import { excludes } from '../../protocol/arithmetic/range.ts'
import { NotProvableError, type OnnxOperator } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { View } from '../../protocol/operators/view.ts'
import { expectAgreement } from './agreement.ts'
import { ChainOperators } from './chain-operators.ts'
import { fitting, randomCase } from './random-nodes.ts'
import { randomFrom } from './random-tensors.ts'
import { type Attributes, expectHonest, onnxOperator, shares } from './runtime-check.ts'

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
        randomCase(random, type, { channels: 4, pixels: 3, strange: [0, 0, 0.05, 0.6][random.below(4)] ?? 0 }),
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
    // Read by whoever sets a bound: how much of it honest hardware takes.
    if (process.env.SHARES) console.log([...shares].filter(([key]) => key.startsWith(`${type} `)))
  }, 300_000)
})

describe('the mean of a blank image', () => {
  it('may come from a plain loop, whose rounding errors all point the same way', () => {
    const pixels = new Float32Array(112 * 112).fill(0.1)
    let sum = 0
    for (const pixel of pixels) sum = Math.fround(sum + pixel)
    const posted = BigInt(bitsOf(Math.fround(sum / pixels.length)))
    const image = new View({ dtype: 'float32', dims: [1, 1, 112, 112], data: new Uint8Array(pixels.buffer) })
    const terms = { rule: 'probabilistic', lambda: 8 } as const
    const query = { terms, attributes: [], inputs: [image], output: 0, dims: [1, 1, 1, 1], index: 0 }
    const range = operators.get('GlobalAveragePool')?.element(query)
    expect(range && excludes(range, posted)).toBe(false)
  })
})

describe('an operator in a form that the contract cannot check', () => {
  const one =
    (type: string, attributes: Attributes, changed: Partial<OnnxOperator> = {}) =>
    () =>
      operators.get(type)?.canonical({ ...onnxOperator({ type, attributes, inputs: [] }), ...changed })

  it.each([
    ['MaxPool with Indices', one('MaxPool', { kernel_shape: [2n] }, { outputs: 2 })],
    ['SAME with dilations', one('MaxPool', { kernel_shape: [2n], dilations: [2n], auto_pad: 'SAME_UPPER' })],
    ['BatchNormalization in training', one('BatchNormalization', { training_mode: 1n })],
    ['BatchNormalization with its statistics', one('BatchNormalization', {}, { outputs: 3 })],
    ['BatchNormalization of opset 6, not said to be a test', one('BatchNormalization', {}, { opset: 6 })],
  ])('is refused: %s', (_, canonical) => {
    expect(canonical).toThrow(NotProvableError)
  })
})
