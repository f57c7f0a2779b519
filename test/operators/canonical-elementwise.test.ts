import { describe, expect, it } from 'vitest'
import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import { NotProvableError } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import type { Tensor } from '../../protocol/tensor.ts'
import { type Node, onnxOperator } from './lone-operator.ts'
import { wholes } from './random-tensors.ts'

const number = (value: number): Tensor => ({
  ...{ dtype: 'float32', dims: [] },
  data: new Uint8Array(Float32Array.of(value).buffer),
})
const bits = (value: number) => BigInt(bitsOf(value))
const canonical = (node: Node) => operators.get(node.type)?.canonical(onnxOperator(node))

describe('the canonical form of an elementwise operator', () => {
  it('has the bounds of Clip alike, be they attributes or constant inputs', () => {
    const old = canonical({ type: 'Clip', opset: 6, inputs: 1, floats: { min: bitsOf(0), max: bitsOf(6) } })
    const constants = new Map([
      [1, number(0)],
      [2, number(6)],
    ])
    expect(old).toEqual({ attributes: [1n, bits(0), 1n, bits(6)], inputs: [0] })
    expect(canonical({ type: 'Clip', opset: 13, inputs: 3, constants })).toEqual(old)
  })

  it('has no bound where Clip has none, or an infinite one', () => {
    const none = { attributes: [0n, 0n, 0n, 0n], inputs: [0] }
    const constants = new Map([
      [1, number(-Infinity)],
      [2, number(Infinity)],
    ])
    expect(canonical({ type: 'Clip', opset: 6, inputs: 1 })).toEqual(none)
    expect(canonical({ type: 'Clip', opset: 13, inputs: 1 })).toEqual(none)
    expect(canonical({ type: 'Clip', opset: 13, inputs: 3, constants })).toEqual(none)
  })

  it('keeps the bits of whole-number bounds', () => {
    const constants = new Map([[1, wholes('int32', [], [-2])]])
    const made = canonical({ type: 'Clip', opset: 13, inputs: 2, constants })
    expect(made).toEqual({ attributes: [1n, 0xffff_fffen, 0n, 0n], inputs: [0] })
  })

  it('fills in what the specification says of attributes that are left out', () => {
    expect(canonical({ type: 'LeakyRelu', opset: 16, inputs: 1 })?.attributes).toEqual([bits(0.01)])
    expect(canonical({ type: 'HardSigmoid', opset: 6, inputs: 1 })?.attributes).toEqual([bits(0.2), bits(0.5)])
    expect(canonical({ type: 'Gelu', opset: 20, inputs: 1 })?.attributes).toEqual([0n])
    expect(canonical({ type: 'Gelu', opset: 20, inputs: 1, texts: { approximate: 'tanh' } })?.attributes).toEqual([1n])
  })

  it.each<[string, Node]>([
    ['bounds of Clip that are computed', { type: 'Clip', opset: 13, inputs: 3 }],
    ['bounds of Clip that are NaN', { type: 'Clip', opset: 6, inputs: 1, floats: { min: bitsOf(Number.NaN) } }],
    ['unknown approximations of Gelu', { type: 'Gelu', opset: 20, inputs: 1, texts: { approximate: 'sigmoid' } }],
    ['old broadcasting', { type: 'Add', opset: 6, inputs: 2, ints: { broadcast: 1n, axis: 1n } }],
    ['old broadcasting of Pow', { type: 'Pow', opset: 1, inputs: 2, ints: { broadcast: 1n } }],
    ['a slope a channel', { type: 'PRelu', opset: 6, inputs: 2 }],
  ])('refuses %s', (_, node) => {
    expect(() => canonical(node)).toThrow(NotProvableError)
  })
})
