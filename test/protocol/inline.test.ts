import { create } from '@bufbuild/protobuf'
import { type GraphProto, type NodeProto, TensorProto_DataType, ValueInfoProtoSchema } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { inlineModel } from '../../protocol/inline.ts'
import { decodeOnnx, OnnxFormatError, parseOnnx, withSubgraphs } from '../../protocol/onnx.ts'
import { sameShape, type Tensor } from '../../protocol/tensor.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { edited, stored, whole } from '../corpus/graph.ts'
import { float32 } from '../corpus/inputs.ts'
import { corpusModel, corpusModels } from '../corpus/models.ts'
import { attribute, graph, modelOf, operator, weights } from './tiny-onnx.ts'

const rate = (hertz: bigint): Tensor => ({
  dtype: 'int64',
  dims: [],
  data: new Uint8Array(BigInt64Array.of(hertz).buffer),
})
const types = (model: Uint8Array) => parseOnnx(model).operators.map(({ type }) => type)
const ifs = (model: Uint8Array) =>
  withSubgraphs(decodeOnnx(model).graph).flatMap(({ node }) => node.filter(({ opType }) => opType === 'If')).length

/** The same bits from both models, the second one without the inputs that were fixed. */
async function expectSame(
  original: Uint8Array,
  inlined: Uint8Array,
  inputs: ReadonlyMap<string, Tensor>,
  fixed: readonly string[] = [],
) {
  for (const runtime of ['native', 'wasm'] as const) {
    const rest = new Map([...inputs].filter(([name]) => !fixed.includes(name)))
    const a = await runModel({ model: original, inputs, runtime })
    const b = await runModel({ model: inlined, inputs: rest, runtime })
    expect([...b.outputs.keys()]).toEqual([...a.outputs.keys()])
    for (const [name, tensor] of a.outputs) {
      const other = b.outputs.get(name) as Tensor
      expect(sameShape(tensor, other)).toBe(true)
      expect(Buffer.compare(tensor.data, other.data)).toBe(0)
    }
  }
}

const branches = (yes: GraphProto, no: GraphProto) => [
  attribute('then_branch', { g: yes }),
  attribute('else_branch', { g: no }),
]
const bool = (name: string, value: number) => stored(name, TensorProto_DataType.BOOL, [], Uint8Array.of(value))
const x = new Map([['x', float32([2], Float32Array.of(1.5, -2))]])
const tiny = (nodes: NodeProto[], initializers = [bool('yes', 1), bool('no', 0)], opset = 17n) =>
  modelOf(graph({ nodes, inputs: ['x'], outputs: ['y'], initializers }), { opset })

describe('inlineModel on the corpus', () => {
  it.each(corpusModels)('leaves $name as it is when nothing is fixed', ({ file }) => {
    expect(inlineModel(file())).toBe(file())
  })

  it('makes the detector whose one If asks for the sample rate a plain list of operators', async () => {
    const { file, input } = corpusModel('silero_ifless')
    const inlined = inlineModel(file(), new Map([['sr', rate(16_000n)]]))
    expect(ifs(inlined)).toBe(0)
    expect(parseOnnx(inlined).inputs).toEqual(['input', 'state'])
    expect(types(inlined)).toEqual(expect.arrayContaining(['Pad', 'Conv', 'Gemm', 'Split', 'Tanh', 'ReduceMean']))
    expect(types(inlined)).not.toContain('Equal')
    // The branch that is not taken is a network of its own.
    expect(inlined.length).toBeLessThan(0.6 * file().length)
    for (const seed of [1, 2, 3]) await expectSame(file(), inlined, input(seed), ['sr'])
    expect(inlineModel(inlined)).toBe(inlined)
  })

  it('takes the other branch at another sample rate', async () => {
    const { file, input } = corpusModel('silero_ifless')
    const inlined = inlineModel(file(), new Map([['sr', rate(8000n)]]))
    expect(ifs(inlined)).toBe(0)
    const inputs = new Map(input(1)).set('input', float32([1, 288], new Float32Array(288).fill(0.25)))
    await expectSame(file(), inlined, inputs.set('sr', rate(8000n)), ['sr'])
  })

  it.each([
    ['silero_v5', 12],
    ['silero_v6', 12],
    ['silero_op15', 12],
    ['silero_v4', 4],
  ])('leaves of %s the %i Ifs that ask for the shapes of inputs', async (name, left) => {
    const { file, input } = corpusModel(name)
    const inlined = inlineModel(file(), new Map([['sr', rate(16_000n)]]))
    expect(ifs(inlined)).toBe(left)
    for (const seed of [1, 2]) await expectSame(file(), inlined, input(seed), ['sr'])
  })

  it.each(['silero_v5', 'silero_ifless'])('makes the same bytes of %s each time', (name) => {
    const { file } = corpusModel(name)
    const fixed = new Map([['sr', rate(16_000n)]])
    expect(Buffer.compare(inlineModel(file(), fixed), inlineModel(file().slice(), fixed))).toBe(0)
  })
})

describe('inlineModel', () => {
  const relu = (output = 'r', input = 'x') => graph({ nodes: [operator('Relu', [input], [output])], outputs: [output] })
  const neg = (output = 'n', input = 'x') => graph({ nodes: [operator('Neg', [input], [output])], outputs: [output] })

  it.each([
    ['yes', 'Relu'],
    ['no', 'Neg'],
  ])('takes the branch that the condition %s takes', async (condition, type) => {
    const model = tiny([operator('If', [condition], ['y'], branches(relu(), neg()))])
    const inlined = inlineModel(model)
    expect(types(inlined)).toEqual([type])
    expect(decodeOnnx(inlined).graph.initializer).toEqual([])
    await expectSame(model, inlined, x)
  })

  it('gives two branches of the same names names of their own', async () => {
    const twice = (input: string) =>
      graph({
        nodes: [operator('Relu', [input], ['t']), operator('Mul', ['t', 'w'], ['u'])],
        outputs: ['u'],
        initializers: [weights('w', [2], [2, 3])],
      })
    const model = tiny([
      operator('If', ['yes'], ['a'], branches(twice('x'), neg())),
      operator('If', ['yes'], ['b'], branches(twice('a'), neg())),
      operator('Add', ['a', 'b'], ['y']),
    ])
    const inlined = inlineModel(model)
    expect(types(inlined).filter((type) => type !== 'Constant')).toEqual(['Relu', 'Mul', 'Relu', 'Mul', 'Add'])
    await expectSame(model, inlined, x)
  })

  it('follows Ifs within branches, and what they capture from each level', async () => {
    const inner = graph({
      nodes: [
        operator('Relu', ['x'], ['t']),
        operator('If', ['no'], ['deep'], branches(neg('d', 't'), relu('e', 't'))),
        operator('Add', ['deep', 't'], ['o']),
      ],
      outputs: ['o'],
    })
    const model = tiny([
      operator('Neg', ['x'], ['t0']),
      operator('If', ['yes'], ['y'], branches(inner, neg('k', 't0'))),
    ])
    const inlined = inlineModel(model)
    expect(types(inlined)).toEqual(['Relu', 'Relu', 'Add'])
    await expectSame(model, inlined, x)
  })

  it('renames what an If that stays captures from a branch that is taken', async () => {
    const condition = [
      operator('ReduceSum', ['x'], ['s'], [whole('keepdims', 0)]),
      operator('Greater', ['s', 'zero'], ['dynamic']),
    ]
    const staying = (taken: string) =>
      graph({
        nodes: [
          operator('Relu', ['x'], [taken]),
          operator('If', ['dynamic'], ['o'], branches(neg('p', taken), relu('q', taken))),
        ],
        outputs: ['o'],
      })
    const model = tiny(
      [
        ...condition,
        operator('If', ['yes'], ['a'], branches(staying('t'), neg())),
        operator('If', ['yes'], ['b'], branches(staying('t'), neg('n2'))),
        operator('Add', ['a', 'b'], ['y']),
      ],
      [bool('yes', 1), weights('zero', [], [0])],
    )
    const inlined = inlineModel(model)
    expect(types(inlined).filter((type) => type === 'If').length).toBe(2)
    for (const values of [x, new Map([['x', float32([2], Float32Array.of(-3, 1))]])])
      await expectSame(model, inlined, values)
  })

  it('passes on by Identity what a branch only passes on', async () => {
    const passing = graph({ nodes: [operator('Relu', ['x'], ['r'])], outputs: ['r', 'w'] })
    passing.initializer = [weights('w', [2], [5, 6])]
    // No runtime takes one tensor for two outputs, but ONNX does not forbid it.
    const twice = graph({ nodes: [operator('Neg', ['x'], ['n'])], outputs: ['n', 'n'] })
    const model = (condition: string) =>
      tiny([operator('If', [condition], ['a', 'b'], branches(passing, twice)), operator('Add', ['a', 'b'], ['y'])])
    const inlined = inlineModel(model('yes'))
    expect(types(inlined)).toEqual(['Constant', 'Relu', 'Identity', 'Add'])
    await expectSame(model('yes'), inlined, x)
    expect(types(inlineModel(model('no')))).toEqual(['Neg', 'Identity', 'Add'])
  })

  it('computes conditions from constants', async () => {
    const five = stored('five', TensorProto_DataType.INT64, [1], BigInt64Array.of(5n))
    const list = stored('list', TensorProto_DataType.INT64, [3], BigInt64Array.of(4n, 5n, 6n))
    const last = stored('last', TensorProto_DataType.INT64, [], BigInt64Array.of(-2n))
    const model = tiny(
      [
        operator('Gather', ['list', 'last'], ['g']),
        operator('Equal', ['g', 'five'], ['e']),
        operator('Shape', ['list'], ['s']),
        operator('Less', ['s', 'five'], ['l']),
        operator('And', ['e', 'l'], ['a']),
        operator('Not', ['a'], ['c']),
        operator('If', ['c'], ['y'], branches(relu(), neg())),
      ],
      [five, list, last],
    )
    const inlined = inlineModel(model)
    expect(types(inlined)).toEqual(['Neg'])
    await expectSame(model, inlined, x)
  })

  it('leaves a model whose conditions depend on inputs byte for byte', () => {
    const model = tiny([
      operator('Shape', ['x'], ['s']),
      operator('Equal', ['s', 's'], ['c']),
      operator('If', ['c'], ['y'], branches(relu(), neg())),
    ])
    expect(inlineModel(model)).toBe(model)
  })

  it('leaves operators that the file defines anew', () => {
    const model = tiny([operator('Not', ['yes'], ['c']), operator('If', ['c'], ['y'], branches(relu(), neg()))])
    expect(types(inlineModel(model))).toEqual(['Neg'])
    const own = edited(model, (all) => {
      all.functions.push({
        ...(all.functions[0] as object),
        $typeName: 'onnx.FunctionProto',
        name: 'Not',
        domain: '',
        input: ['a'],
        output: ['b'],
        attribute: [],
        attributeProto: [],
        node: [operator('Identity', ['a'], ['b'])],
        docString: '',
        opsetImport: [],
        overload: '',
        valueInfo: [],
        metadataProps: [],
      } as never)
    })
    expect(inlineModel(own)).toBe(own)
  })

  it('describes no tensor that is gone', () => {
    const model = edited(tiny([operator('If', ['yes'], ['y'], branches(relu(), neg()))]), (_, main) => {
      main.valueInfo.push(create(ValueInfoProtoSchema, { name: 'yes' }))
    })
    expect(decodeOnnx(inlineModel(model)).graph.valueInfo).toEqual([])
  })

  it('refuses values for what is no input, or of another type or shape', () => {
    const { file } = corpusModel('silero_ifless')
    const refused = (name: string, value: Tensor) => () => inlineModel(file(), new Map([[name, value]]))
    expect(refused('rate', rate(1n))).toThrow(OnnxFormatError)
    expect(refused('sr', float32([], Float32Array.of(16_000)))).toThrow(/another type/)
    expect(refused('sr', { ...rate(1n), dims: [1] })).toThrow(/other dimensions/)
    expect(() => inlineModel(Uint8Array.of(1, 2, 3))).toThrow(OnnxFormatError)
  })
})
