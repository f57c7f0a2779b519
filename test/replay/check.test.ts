import { AttributeProto_AttributeType, TensorProto_DataLocation } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { checkModel, UnsupportedModel } from '../../replay/check/check.ts'
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

const int64s = (name: string, ...values: bigint[]) => ({
  name,
  dataType: 7,
  dims: [BigInt(values.length)],
  rawData: new Uint8Array(BigInt64Array.from(values).buffer),
})
const scalars = [int64s('zero', 0n), int64s('one', 1n)]

/** A model of one operator; `c` is a constant, as an initializer. */
function withConstant(opType: string, input: string[], ...values: bigint[]): Uint8Array {
  return toyModel([node(opType, '', input)], { initializer: [int64s('c', ...values), ...scalars] })
}

function inBranch(inner: Node): Uint8Array {
  const g = { name: 'g', node: [inner] }
  const attribute = [{ name: 'then_branch', type: AttributeProto_AttributeType.GRAPH, g }]
  return toyModel([{ ...node('If'), attribute }], { initializer: scalars })
}

function attributed(opType: string, name: string, value: bigint | bigint[]): Uint8Array {
  const { INT, INTS } = AttributeProto_AttributeType
  const attribute = Array.isArray(value) ? { name, type: INTS, ints: value } : { name, type: INT, i: value }
  return toyModel([{ ...node(opType), attribute: [attribute] }])
}

function declared(name: string, ...dims: bigint[]) {
  const dim = dims.map((value) => ({ value: { case: 'dimValue' as const, value } }))
  return { name, type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim } } } } }
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
    [
      'declared dimensions that multiply past 2³¹',
      toyModel([node('Identity')], { valueInfo: [declared('h', 65536n, 65536n)] }),
      /dimensions of "h"/,
    ],
    [
      'a sparse tensor that is huge when it is dense',
      toyModel([node('Identity')], { sparseInitializer: [{ values: { name: 's' }, dims: [65536n, 65536n] }] }),
      /dimensions of "s"/,
    ],
    ['a huge constant', withConstant('ConstantOfShape', ['c'], 65536n, 65536n), /"ConstantOfShape" is too large/],
    ['a huge Expand', withConstant('Expand', ['x', 'c'], 2n ** 40n), /"Expand" is too large/],
    ['a huge Reshape', withConstant('Reshape', ['x', 'c'], -1n, 2n ** 40n), /"Reshape" is too large/],
    ['a huge Tile', withConstant('Tile', ['x', 'c'], 2n ** 20n, 2n ** 20n), /"Tile" is too large/],
    ['a huge Resize', withConstant('Resize', ['x', '', '', 'c'], 2n ** 20n, 2n ** 20n), /"Resize" is too large/],
    ['huge padding', withConstant('Pad', ['x', 'c'], 0n, 2n ** 33n), /"Pad" is too large/],
    ['a huge OneHot', withConstant('OneHot', ['x', 'c', 'x'], 2n ** 40n), /"OneHot" is too large/],
    ['a huge window', withConstant('HannWindow', ['c'], 2n ** 40n), /"HannWindow" is too large/],
    ['a huge Range', withConstant('Range', ['zero', 'c', 'one'], 2n ** 40n), /"Range" is too large/],
    ['integers divided by zero', withConstant('Div', ['x', 'c'], 4n, 0n), /"Div" divides integers by 0/],
    ['integers divided by −1', withConstant('Mod', ['x', 'c'], -1n), /"Mod" divides integers by -1/],
    ['a division by zero in a nested graph', inBranch(node('Div', '', ['x', 'zero'])), /"Div" divides integers by 0/],
    ['an absent first operand', toyModel([node('Sub', '', ['', 'x'])]), /"Sub" lacks an operand/],
    ['an absent weight', toyModel([node('QLinearConv', '', ['x', '', 'x'])]), /"QLinearConv" lacks an operand/],
    ['a stride of zero', attributed('Conv', 'strides', [1n, 0n]), /"Conv" has a zero or negative "strides"/],
    ['no groups', attributed('ConvTranspose', 'group', 0n), /"ConvTranspose" has a zero or negative "group"/],
    ['blocks of nothing', attributed('SpaceToDepth', 'blocksize', 0n), /zero or negative "blocksize"/],
    ['negative dimensions', toyModel([node('Identity')], { initializer: [{ name: 'w', dims: [-1n] }] }), /dimensions/],
  ])('refuses %s', (_, model, message) => {
    expect(() => checkModel(model)).toThrow(message)
    expect(() => checkModel(model)).toThrow(UnsupportedModel)
  })

  it.each<[string, Uint8Array]>([
    ['shapes of an ordinary size', withConstant('Expand', ['x', 'c'], 1024n, 1024n)],
    ['a Reshape that keeps dimensions', withConstant('Reshape', ['x', 'c'], 0n, -1n)],
    ['padding that cuts off', withConstant('Pad', ['x', 'c'], -1n, 2n)],
    ['integers divided by a constant', withConstant('Div', ['x', 'c'], 3n, -2n)],
    [
      'floating-point numbers divided by zero',
      toyModel([node('Div', '', ['x', 'c'])], { initializer: [floats('c', 0)] }),
    ],
    ['optional operands that are absent', toyModel([node('Clip', '', ['x', '', 'x'])])],
    ['an empty list of strides', attributed('Conv', 'strides', [])],
    // A loop that counts feeds its body a number that is called like a constant outside.
    ['a name that a nested graph takes as its input', fedInside()],
    [
      'dimensions that are not known',
      toyModel([node('Identity')], { valueInfo: [declared('h', -1n, 0n, 65536n, 1n)] }),
    ],
  ])('lets %s pass', (_, model) => {
    checkModel(model)
  })
})

function floats(name: string, ...values: number[]) {
  return {
    name,
    dataType: 1,
    dims: [BigInt(values.length)],
    rawData: new Uint8Array(Float32Array.from(values).buffer),
  }
}

function fedInside(): Uint8Array {
  const g = { name: 'g', input: [{ name: 'zero' }], node: [node('Div', '', ['x', 'zero'])] }
  const attribute = [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g }]
  return toyModel([{ ...node('Scan'), attribute }], { initializer: scalars })
}
