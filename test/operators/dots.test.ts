import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotProvableError } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { View } from '../../protocol/operators/view.ts'
import { expectAgreement } from './agreement.ts'
import { ChainOperators } from './chain-operators.ts'
import { fitting, randomCase } from './random-nodes.ts'
import { floats, randomFrom } from './random-tensors.ts'
import { expectHonest, type Node, queryOf, shares } from './runtime-check.ts'

const types = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose']
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

describe('a canonical ConvTranspose', () => {
  const random = randomFrom('canonical ConvTranspose')
  const node: Node = {
    type: 'ConvTranspose',
    attributes: { kernel_shape: [2n] },
    inputs: [floats(random, [1, 1, 3], 0), floats(random, [1, 1, 2], 0)],
  }

  it('has its defaults filled in', () => {
    expect(queryOf(node).attributes).toEqual([1n, 1n, 1n, 0n, 0n, 0n])
  })

  it.each([
    ['output_shape', { output_shape: [4n] }],
    ['auto_pad SAME', { auto_pad: 'SAME_UPPER' }],
  ])('does not exist with %s', (_, attributes) => {
    expect(() => queryOf({ ...node, attributes: { kernel_shape: [2n], ...attributes } })).toThrow(NotProvableError)
  })

  it('does not exist with weights that are not finite', () => {
    const infinite = { dtype: 'float32', dims: [1, 1, 2], data: Uint8Array.of(0, 0, 0x80, 0x7f, 0, 0, 0, 0) } as const
    expect(() => queryOf({ ...node, inputs: [node.inputs[0], infinite] })).toThrow(NotProvableError)
  })
})

describe('a sum whose parts may overflow', () => {
  it('is left open, though it ends small itself', () => {
    const large = new Float32Array([2e38, 2e38, -2e38, -2e38])
    const a = { dtype: 'float32', dims: [1, 4], data: new Uint8Array(large.buffer) } as const
    const b = { dtype: 'float32', dims: [4, 1], data: new Uint8Array(Float32Array.of(1, 1, 1, 1).buffer) } as const
    const terms = { rule: 'worstCase', lambda: 0 } as const
    const query = { terms, attributes: [], inputs: [new View(a), new View(b)], output: 0, dims: [1, 1], index: 0 }
    expect(operators.get('MatMul')?.element(query)).toEqual({ kind: 'open' })
  })
})
