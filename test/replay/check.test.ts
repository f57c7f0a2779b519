import { AttributeProto_AttributeType, TensorProto_DataLocation } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { checkModel, UnsupportedModel } from '../../replay/check.ts'
import { endless, type Node, realModels, square, toyModel } from './models.ts'

const node = (opType: string, domain = '', input = ['x']) => ({ opType, domain, input, output: ['y'] })

function nested(depth: number): Uint8Array {
  let inner: Node = node('Identity')
  for (let i = 0; i < depth; i++) {
    const g: { name: string; node: Node[] } = { name: 'g', node: [inner] }
    inner = { ...node('If'), attribute: [{ name: 'then_branch', type: AttributeProto_AttributeType.GRAPH, g }] }
  }
  return toyModel([inner])
}

describe('checkModel', () => {
  it.each(Object.entries(realModels))('lets the real model %s pass', (_, load) => {
    checkModel(load().model)
  })

  it('lets toy models pass, loops and 16 nested graphs too', () => {
    for (const model of [square(), endless(), nested(16)]) checkModel(model)
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(), /not an ONNX model/],
    ['text', Buffer.from('<html>not found</html>'), /not an ONNX model/],
    ['half a model', square().subarray(0, 40), /not an ONNX model/],
    ['random numbers', toyModel([node('RandomNormalLike')]), /"RandomNormalLike" draws random/],
    ['random numbers by the long domain name', toyModel([node('Bernoulli', 'ai.onnx')]), /"Bernoulli" draws random/],
    ['Dropout with a training mode', toyModel([node('Dropout', '', ['x', 'ratio', 'mode'])]), /training mode/],
    ['an operator nobody knows', toyModel([node('Frobnicate')]), /"Frobnicate" is not among/],
    ['an operator that crashes', toyModel([node('SplitToSequence')]), /"SplitToSequence" is not among/],
    ['an unknown domain', toyModel([node('Add', 'evil.example')]), /"evil.example.Add" is not among/],
    ['a hostile domain name', toyModel([node('Add', '__proto__')]), /"__proto__.Add" is not among/],
    ['an absent operand', toyModel([node('Min', '', ['x', ''])]), /"Min" lacks an operand/],
    [
      'a cast to INT4',
      toyModel([{ ...node('Cast'), attribute: [{ name: 'to', type: AttributeProto_AttributeType.INT, i: 22n }] }]),
      /element type 22/,
    ],
    ['seventeen nested graphs', nested(17), /nests graphs/],
    ['sixty nested graphs', nested(60), /not an ONNX model.*depth/],
    ['too many operators', toyModel(Array(20_001).fill(node('Identity'))), /more than 20000 operators/],
    [
      'external data',
      toyModel([node('Identity')], {
        initializer: [{ name: 'w', dataLocation: TensorProto_DataLocation.EXTERNAL, dataType: 1, dims: [1n] }],
      }),
      /"w" lie outside the model file/,
    ],
    [
      'external data inside a nested graph',
      toyModel([
        {
          ...node('If'),
          attribute: [
            { name: 'g', g: { initializer: [{ name: 'w', externalData: [{ key: 'location', value: 'f' }] }] } },
          ],
        },
      ]),
      /"w" lie outside the model file/,
    ],
    [
      'dimensions that multiply past 2³¹',
      toyModel([node('Identity')], { initializer: [{ name: 'w', dims: [65536n, 65536n] }] }),
      /dimensions of "w"/,
    ],
    ['negative dimensions', toyModel([node('Identity')], { initializer: [{ name: 'w', dims: [-1n] }] }), /dimensions/],
  ])('refuses %s', (_, model, message) => {
    expect(() => checkModel(model)).toThrow(message)
    expect(() => checkModel(model)).toThrow(UnsupportedModel)
  })
})
