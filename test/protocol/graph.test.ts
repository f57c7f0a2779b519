import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType, FunctionProtoSchema, type GraphProto, TensorProto_DataType } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../demo/random.ts'
import { inlineModel } from '../../protocol/inline.ts'
import { OnnxFormatError, parseOnnx, traceNames } from '../../protocol/onnx.ts'
import { committedGraph } from '../../protocol/proof/graph.ts'
import { operatorHash } from '../../protocol/proof/graph-hash.ts'
import { merkleRoot, rootOf } from '../../protocol/proof/merkle.ts'
import { commitTensor } from '../../protocol/proof/tensor-commitment.ts'
import type { Tensor } from '../../protocol/tensor.ts'
import { edited, stored, weightsOf, whole } from '../corpus/graph.ts'
import { corpusModel, corpusModels } from '../corpus/models.ts'
import { attribute, graph, modelOf, operator, weights } from './tiny-onnx.ts'

const matrix = weights('w', [2, 3], [1, 2, 3, 4, 5, 6])
const shape = stored('shape', TensorProto_DataType.INT64, [1], BigInt64Array.of(-1n))
const parts = {
  nodes: [
    operator('MatMul', ['x', 'w'], ['product']),
    operator('Relu', ['product'], ['positive']),
    operator('Constant', [], ['shape'], [attribute('value', { t: shape })]),
    operator('Reshape', ['positive', 'shape'], ['flat']),
  ],
  inputs: ['x'],
  outputs: ['flat', 'positive'],
  initializers: [matrix],
}
const tiny = modelOf(graph(parts))
const rootAfter = (change: (main: GraphProto) => void, model = tiny) =>
  committedGraph(edited(model, (_, main) => change(main))).root

const word = (value: number) => {
  const bytes = Buffer.alloc(32, value < 0 ? 0xff : 0)
  bytes.writeInt32BE(value, 28)
  return bytes
}
const sha256 = (...all: (Uint8Array | number[])[]) =>
  createHash('sha256')
    .update(Buffer.concat(all.map(Buffer.from)))
    .digest()
const ascii = (text: string) => Buffer.concat([Buffer.from(text), Buffer.alloc(32)]).subarray(0, 32)

describe('committedGraph', () => {
  it('commits to what is written down', () => {
    const { root, header, ...rest } = committedGraph(tiny)
    const w: Tensor = { dtype: 'float32', dims: [2, 3], data: matrix.rawData }
    const leaves = [
      sha256(
        ...[[3], ascii('MatMul'), word(0), word(2), word(2), word(0), word(1), commitTensor(w, -2).hash],
        ...[word(1), word(1), word(-1)],
      ),
      sha256([3], ascii('Relu'), word(0), word(1), word(2), word(1), word(2), word(1), word(-1)),
      sha256(
        ...[[3], ascii('Reshape'), word(2), word(0), word(-1), word(1), word(2), word(2), word(3), word(1), word(-1)],
      ),
    ]
    const inputs = sha256(word(1), Buffer.from('x'), [1, 255])
    const outputs = sha256(word(4), Buffer.from('flat'), word(3), word(8), Buffer.from('positive'), word(2))
    const top = sha256([4], word(3), merkleRoot(leaves), word(1), word(4), inputs, outputs)
    expect(root).toBe(`0x${top.toString('hex')}`)
    expect(rest.names).toEqual(['x', 'product', 'positive', 'flat'])
    expect(rest.inputs).toEqual([{ name: 'x', dtype: 'float32' }])
    expect(rest.outputs).toEqual([
      { name: 'flat', entry: 3 },
      { name: 'positive', entry: 2 },
    ])
    expect(rest.problems).toEqual([])
    for (const index of [0, 1, 2])
      expect(rootOf([leaves[index] as Uint8Array], index, 3, rest.operatorPath(index))).toEqual(header.operatorsRoot)
  })

  it('stores an entry along the axis that its readers read most along', () => {
    const { axes, operators } = committedGraph(
      modelOf(
        graph({
          nodes: [operator('Relu', ['x'], ['a']), operator('MatMul', ['x', 'a'], ['y'])],
          inputs: ['x'],
          outputs: ['y'],
        }),
      ),
    )
    expect(axes).toEqual([-1, -2, -1])
    expect(operators.map((one) => one.axes)).toEqual([[-2], [-1]])
  })

  it('does not depend on names inside, on spelling, or on where a constant is kept', () => {
    const { root } = committedGraph(tiny)
    expect(
      rootAfter((main) => {
        for (const node of main.node) {
          node.name = 'other'
          node.input = node.input.map((name) => (name === 'product' ? 'p' : name))
          node.output = node.output.map((name) => (name === 'product' ? 'p' : name))
          if (node.opType === 'Reshape') node.attribute.push(whole('allowzero', 0))
        }
      }),
    ).toBe(root)
    expect(
      rootAfter((main) => {
        main.node = main.node.filter(({ opType }) => opType !== 'Constant')
        main.initializer.push(shape)
      }),
    ).toBe(root)
    expect(
      rootAfter((main) => {
        const [w] = main.initializer
        if (w) Object.assign(w, { rawData: new Uint8Array(), floatData: [1, 2, 3, 4, 5, 6] })
      }),
    ).toBe(root)
  })

  it('knows a model by its bytes and need not read it twice', () => {
    expect(committedGraph(tiny)).toBe(committedGraph(tiny))
    expect(committedGraph(tiny.slice()).root).toBe(committedGraph(tiny).root)
  })

  it.each<[string, RegExp, (main: GraphProto) => void]>([
    [
      'an operator without a contract',
      /^Frobnicate: there is no contract/,
      ({ node }) => retype(node[1], 'Frobnicate'),
    ],
    [
      'an operator of another domain',
      /^com.example.Relu: /,
      ({ node }) => Object.assign(node[1] ?? {}, { domain: 'com.example' }),
    ],
    ['an output that is an input', /output "x"/, (main) => Object.assign(main.output[0] ?? {}, { name: 'x' })],
    ['an output that is a constant', /output "w"/, (main) => Object.assign(main.output[0] ?? {}, { name: 'w' })],
    [
      'an operand that nothing makes',
      /nothing makes its input "z"/,
      ({ node }) => Object.assign(node[1] ?? {}, { input: ['z'] }),
    ],
    [
      'weights in another file',
      /its constant "w" is not supported/,
      ({ initializer }) => Object.assign(initializer[0] ?? {}, { rawData: new Uint8Array(), dataLocation: 1 }),
    ],
    [
      'weights that do not fit their shape',
      /its constant "w"/,
      ({ initializer }) => Object.assign(initializer[0] ?? {}, { dims: [5n] }),
    ],
    [
      'NaNs whose bits are lost',
      /its constant "w"/,
      ({ initializer }) =>
        Object.assign(initializer[0] ?? {}, { rawData: new Uint8Array(), floatData: [1, 2, 3, 4, 5, Number.NaN] }),
    ],
    ['two constants of one name', /two tensors are named "w"/, (main) => main.initializer.push(weights('w', [1], [1]))],
    [
      'an attribute of another type',
      /allowzero is there twice or of another type/,
      ({ node }) => node[3]?.attribute.push({ ...whole('allowzero', 0), type: AttributeProto_AttributeType.FLOAT }),
    ],
    [
      'an input that is no tensor',
      /the input "x" has a type/,
      (main) => Object.assign(main.input[0] ?? {}, { type: undefined }),
    ],
  ])('names %s as a problem and still has a root', (_, message, change) => {
    const model = edited(tiny, (__, main) => change(main))
    const { problems, root } = committedGraph(model)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join('\n')).toMatch(message)
    expect(root).not.toBe(committedGraph(tiny).root)
  })

  it('names a standard operator that the file defines anew, and no version of the standard', () => {
    const own = edited(tiny, (model) => {
      model.functions.push(create(FunctionProtoSchema, { name: 'Relu', input: ['a'], output: ['b'] }))
    })
    expect(committedGraph(own).problems).toEqual(['Relu: the file defines it anew'])
    const none = edited(tiny, ({ opsetImport }) => Object.assign(opsetImport[0] ?? {}, { domain: 'com.example' }))
    expect(committedGraph(none).problems.join()).toMatch(/one version/)
  })

  it('gives what it cannot check a type that no contract answers to', () => {
    const model = edited(tiny, (_, { node }) => retype(node[1], 'Frobnicate'))
    const { operators, header, operatorPath } = committedGraph(model)
    const odd = operators[1] as (typeof operators)[number]
    const leaf = operatorHash({ ...odd, type: '?Frobnicate' })
    expect(rootOf([leaf], 1, 3, operatorPath(1))).toEqual(header.operatorsRoot)
  })

  it('refuses what is no model', () => {
    expect(() => committedGraph(Uint8Array.of(1, 2))).toThrow(OnnxFormatError)
  })
})

describe('committedGraph of the corpus', () => {
  it.each(corpusModels)('numbers the trace of $name: inputs, then operators in order', ({ file, input }) => {
    const model = file()
    const { names, inputs, operators, entries, header, operatorPath, root } = committedGraph(model)
    const fed = [...input(1).keys()].sort()
    expect(inputs.map(({ name }) => name)).toEqual(fed)
    expect(inputs.map(({ name, dtype }) => [name, dtype])).toEqual(fed.map((name) => [name, input(1).get(name)?.dtype]))
    const made = new Set(
      parseOnnx(model).operators.flatMap(({ type, outputs }) => (type === 'Constant' ? [] : outputs)),
    )
    expect(names).toEqual([...fed, ...traceNames(parseOnnx(model)).filter((name) => made.has(name))])
    expect(entries).toBe(names.length)
    let next = inputs.length
    for (const { firstOutput, outputs, axes } of operators) {
      expect(firstOutput).toBe(next)
      expect(axes.length).toBe(outputs)
      next += outputs
    }
    const last = operators.length - 1
    const one = operators[last] as (typeof operators)[number]
    const leaf = operatorHash(one.problem === undefined ? one : { ...one, type: `?${one.type}` })
    expect(rootOf([leaf], last, operators.length, operatorPath(last))).toEqual(header.operatorsRoot)
    expect(committedGraph(model.slice()).root).toBe(root)
  })

  it.each(['hello_deepa', 'embedding', 'silero_op15', 'ocr_cls'])('changes its root with any change of %s', (name) => {
    const model = corpusModel(name).file()
    const random = randomFrom(`graph/${name}`)
    const pick = <T>(list: readonly T[]) => list[random.below(list.length)] as T
    const changes: ((main: GraphProto) => boolean)[] = [
      // one bit of one weight
      (main) => {
        const own = [...weightsOf(main).values()].filter(({ rawData }) => rawData.length > 0)
        if (own.length === 0) return false
        const weight = pick(own)
        weight.rawData = weight.rawData.slice()
        const at = 4 * random.below(weight.rawData.length / 4)
        weight.rawData[at] = 1 ^ (weight.rawData[at] as number)
        return true
      },
      // one attribute
      (main) => {
        const nodes = main.node.filter(({ opType, attribute: own }) => opType !== 'Constant' && own.length > 0)
        const changed = pick(pick(nodes).attribute)
        // What only training reads, and what follows from the weights, is no part of the computation.
        if (changed.name === 'momentum' || changed.name === 'kernel_shape') return false
        if (changed.g) return false
        if (changed.ints.length > 0) changed.ints = changed.ints.map((value) => value + 1n)
        else if (changed.type === AttributeProto_AttributeType.FLOAT) changed.f += 1
        else if (changed.t || changed.s.length > 0) return false
        else changed.i += 1n
        return true
      },
      // one wire
      (main) => {
        const operators = main.node.filter(({ opType, input }) => opType !== 'Constant' && input.length > 0)
        const at = random.below(operators.length - 1)
        const node = operators[at + 1]
        const other = operators[at]?.input[0]
        if (!node || !other || node.input[0] === other) return false
        node.input = [other, ...node.input.slice(1)]
        return true
      },
      // one operator
      (main) => {
        const node = pick(main.node.filter(({ opType }) => opType !== 'Constant'))
        node.opType = node.opType === 'Relu' ? 'Abs' : 'Relu'
        return true
      },
      // the name of an input or output
      (main) => {
        const [from, to] = [main.output[0]?.name ?? '', 'renamed']
        for (const node of main.node) node.output = node.output.map((one) => (one === from ? to : one))
        for (const output of main.output) if (output.name === from) output.name = to
        return true
      },
    ]
    const roots = new Map([[committedGraph(model).root, -1]])
    let made = 0
    for (let run = 0; run < 25; run++) {
      let changed = false
      const mutant = edited(model, (_, main) => {
        changed = (changes[run % changes.length] as (typeof changes)[number])(main)
      })
      if (!changed) continue
      made++
      expect(committedGraph(mutant).root, `change ${run % changes.length} of run ${run}`).not.toBe(
        committedGraph(model).root,
      )
      roots.set(committedGraph(mutant).root, run)
    }
    expect(made).toBeGreaterThan(12)
    expect(roots.size).toBeGreaterThan(8)
  })

  it('names the Ifs that stay, and none where all could be replaced', () => {
    const rate: Tensor = { dtype: 'int64', dims: [], data: new Uint8Array(BigInt64Array.of(16_000n).buffer) }
    const [v5, ifless] = ['silero_v5', 'silero_ifless'].map((name) =>
      committedGraph(inlineModel(corpusModel(name).file(), new Map([['sr', rate]]))),
    )
    expect(v5?.problems.some((problem) => problem.startsWith('If: '))).toBe(true)
    expect(ifless?.problems.some((problem) => problem.startsWith('If: '))).toBe(false)
  })
})

function retype(node: { opType: string } | undefined, opType: string): void {
  if (node) node.opType = opType
}
