import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { infer } from '../../node/infer.ts'
import { OnnxFormatError, parseOnnx, rewriteWeights, traceNames, withOutputs } from '../../protocol/onnx.ts'
import { attribute, graph, modelOf, operator, weights } from './tiny-onnx.ts'

// y = relu(x + b), with a shape for b that a caller need not feed.
const small = () =>
  modelOf(
    graph({
      nodes: [operator('Add', ['x', 'b'], ['sum']), operator('Relu', ['sum'], ['y'])],
      inputs: ['x', 'b'],
      outputs: ['y'],
      initializers: [weights('b', [2], [1, -2])],
    }),
  )

const floats = (values: number[]) => ({
  dtype: 'float32' as const,
  dims: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
})
const valuesOf = (data: Uint8Array | undefined) => [...new Float32Array((data as Uint8Array).slice().buffer)]

describe('parseOnnx', () => {
  it('lists the operators, the inputs that must be fed, and the outputs', () => {
    expect(parseOnnx(small())).toEqual({
      operators: [
        { name: '', type: 'Add', domain: '', inputs: ['x', 'b'], outputs: ['sum'] },
        { name: '', type: 'Relu', domain: '', inputs: ['sum'], outputs: ['y'] },
      ],
      inputs: ['x'],
      outputs: ['y'],
    })
  })

  it('leaves out the optional inputs and outputs that are not given', () => {
    const nodes = [operator('Clip', ['x', '', 'high'], ['y', ''])]
    const { operators } = parseOnnx(modelOf(graph({ nodes, inputs: ['x', 'high'], outputs: ['y'] })))
    expect(operators[0]).toMatchObject({ inputs: ['x', 'high'], outputs: ['y'] })
  })

  it('puts a shuffled chain of operators in order, and leaves one in order as it is', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
        const nodes = order.map((i) => operator('Relu', [`t${i}`], [`t${i + 1}`]))
        const { operators } = parseOnnx(modelOf(graph({ nodes, inputs: ['t0'], outputs: ['t8'] })))
        expect(operators.flatMap(({ outputs }) => outputs)).toEqual(['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8'])
      }),
    )
    const independent = ['c', 'a', 'b'].map((name) => operator('Relu', ['x'], [name]))
    const { operators } = parseOnnx(modelOf(graph({ nodes: independent, inputs: ['x'], outputs: ['a'] })))
    expect(operators.map(({ outputs }) => outputs[0])).toEqual(['c', 'a', 'b'])
  })

  it('puts every operator after those it reads from, on any graph without circles', () => {
    const anyGraph = fc.integer({ min: 1, max: 25 }).chain((count) =>
      fc.record({
        reads: fc.tuple(
          ...Array.from({ length: count }, (_, i) => fc.array(fc.integer({ min: 0, max: i }), { maxLength: 3 })),
        ),
        order: fc.shuffledSubarray(
          Array.from({ length: count }, (_, i) => i),
          { minLength: count },
        ),
      }),
    )
    fc.assert(
      fc.property(anyGraph, ({ reads, order }) => {
        const nodes = order.map((i) => {
          const from = reads[i] as number[]
          return operator('Sum', ['t0', ...from.map((j) => `t${j}`)], [`t${i + 1}`])
        })
        const made = new Set(['t0'])
        for (const { inputs, outputs } of parseOnnx(modelOf(graph({ nodes, inputs: ['t0'], outputs: ['t1'] })))
          .operators) {
          for (const name of inputs) expect(made).toContain(name)
          for (const name of outputs) made.add(name)
        }
        expect(made.size).toBe(order.length + 1)
      }),
      { numRuns: 50 },
    )
  })

  it('knows that an operator depends on what its subgraphs capture', () => {
    const branch = graph({ nodes: [operator('Neg', ['late'], ['negated'])], outputs: ['negated'] })
    const direct = graph({ nodes: [], outputs: ['late'] })
    const choice = [attribute('then_branch', { g: branch }), attribute('else_branch', { g: direct })]
    const nodes = [operator('If', ['flag'], ['y'], choice), operator('Relu', ['x'], ['late'])]
    const { operators } = parseOnnx(modelOf(graph({ nodes, inputs: ['x', 'flag'], outputs: ['y'] })))
    expect(operators.map(({ type }) => type)).toEqual(['Relu', 'If'])
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ['no graph', modelOf(undefined)],
    ['no operators', modelOf(graph({ nodes: [], outputs: ['y'] }))],
    ['no outputs', modelOf(graph({ nodes: [operator('Relu', ['x'], ['y'])], outputs: [] }))],
    ['no IR version', modelOf(graph({ nodes: [operator('Relu', ['x'], ['y'])], outputs: ['y'] }), { irVersion: 0n })],
    ['no operator set', modelOf(graph({ nodes: [operator('Relu', ['x'], ['y'])], outputs: ['y'] }), { opset: 0n })],
    ['a model cut short', small().subarray(0, 40)],
    [
      'a circle',
      modelOf(graph({ nodes: [operator('Relu', ['b'], ['a']), operator('Relu', ['a'], ['b'])], outputs: ['a'] })),
    ],
    [
      'a tensor made twice',
      modelOf(graph({ nodes: [operator('Relu', ['x'], ['a']), operator('Neg', ['x'], ['a'])], outputs: ['a'] })),
    ],
  ])('refuses %s by name', (_, bytes) => {
    expect(() => parseOnnx(bytes)).toThrow(OnnxFormatError)
  })

  it('gives a model or a named error for any bytes, also for a damaged model', () => {
    const check = (bytes: Uint8Array) => {
      try {
        parseOnnx(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(OnnxFormatError)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check))
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const damaged = small()
        damaged[at % damaged.length] = byte
        check(damaged)
      }),
    )
  })

  it('refuses graphs nested without end instead of running out of stack', () => {
    let inner = graph({ nodes: [operator('Relu', ['x'], ['y'])], outputs: ['y'] })
    for (let depth = 0; depth < 60; depth++)
      inner = graph({ nodes: [operator('If', ['x'], ['y'], [attribute('then_branch', { g: inner })])], outputs: ['y'] })
    expect(() => parseOnnx(modelOf(inner))).toThrow(OnnxFormatError)
  })

  it.each(demoModels().map((model) => [model.name, model]))('reads %s', (_, model) => {
    const parsed = parseOnnx(readDemoModel(model))
    expect([...parsed.inputs].sort()).toEqual([...model.input(1).keys()].sort())
    expect(new Set(traceNames(parsed))).toContain(parsed.outputs[0])
  })
})

describe('withOutputs', () => {
  it('appends outputs and keeps every byte of the model where it was', () => {
    const model = small()
    const extended = withOutputs(model, ['sum', 'y', 'sum'])
    expect(extended.subarray(0, model.length)).toEqual(model)
    expect(parseOnnx(extended).outputs).toEqual(['y', 'sum'])
  })

  it('makes the runtime give the intermediates, and the same outputs as before', async () => {
    const inputs = new Map([['x', floats([0.5, 1.5])]])
    const outputs = await infer({ model: withOutputs(small(), ['sum']), inputs })
    expect(valuesOf(outputs.get('sum')?.data)).toEqual([1.5, -0.5])
    expect(valuesOf(outputs.get('y')?.data)).toEqual([1.5, 0])
  })

  it('gives the model itself when there is nothing to add', () => {
    const model = small()
    expect(withOutputs(model, ['y'])).toBe(model)
  })

  it.each(['x', 'b', 'nowhere'])('refuses %s, which no operator makes', (name) => {
    expect(() => withOutputs(small(), [name])).toThrow(OnnxFormatError)
  })

  it('refuses bytes that are not a model', () => {
    expect(() => withOutputs(new Uint8Array([1, 2, 3]), [])).toThrow(OnnxFormatError)
  })
})

describe('rewriteWeights', () => {
  const everywhere = () => {
    const branch = graph({
      nodes: [
        operator('Constant', [], ['c'], [attribute('value', { t: weights('', [2], [5, 6]) })]),
        operator('Add', ['c', 'inner'], ['y1']),
      ],
      outputs: ['y1'],
      initializers: [weights('inner', [2], [3, 4])],
    })
    return modelOf(
      graph({
        nodes: [operator('If', ['flag'], ['y'], [attribute('then_branch', { g: branch })])],
        inputs: ['flag'],
        outputs: ['y'],
        initializers: [weights('outer', [2], [1, 2])],
      }),
    )
  }

  it('finds initializers and constants, also in subgraphs', () => {
    const seen: Record<string, number[]> = {}
    rewriteWeights(everywhere(), ({ name, values }) => {
      seen[name] = [...values]
      return undefined
    })
    expect(seen).toEqual({ outer: [1, 2], inner: [3, 4], c: [5, 6] })
  })

  it('changes what it is told to and keeps the rest byte for byte', () => {
    const rewritten = rewriteWeights(everywhere(), ({ name, values }) =>
      name === 'inner' ? values.map((value) => -value) : undefined,
    )
    const seen: Record<string, number[]> = {}
    rewriteWeights(rewritten, ({ name, values }) => {
      seen[name] = [...values]
      return undefined
    })
    expect(seen).toEqual({ outer: [1, 2], inner: [-3, -4], c: [5, 6] })
    expect(
      rewriteWeights(rewritten, ({ name, values }) => (name === 'inner' ? values.map((v) => -v) : undefined)),
    ).toEqual(everywhere())
  })

  it('reads weights that are stored as a list of numbers', async () => {
    const listed = weights('b', [2], [])
    listed.rawData = new Uint8Array()
    listed.floatData = [1, -2]
    const model = modelOf(
      graph({
        nodes: [operator('Add', ['x', 'b'], ['y'])],
        inputs: ['x'],
        outputs: ['y'],
        initializers: [listed],
      }),
    )
    const doubled = rewriteWeights(model, ({ values }) => values.map((value) => 2 * value))
    const outputs = await infer({ model: doubled, inputs: new Map([['x', floats([0, 0])]]) })
    expect(valuesOf(outputs.get('y')?.data)).toEqual([2, -4])
  })

  it.each(demoModels().map((model) => [model.name, model]))('encodes %s as it was when nothing changes', (_, model) => {
    const bytes = readDemoModel(model)
    expect(
      Buffer.compare(
        rewriteWeights(bytes, ({ values }) => values),
        bytes,
      ),
    ).toBe(0)
  })

  it('refuses values that are too few, and bytes that are not a model', () => {
    expect(() => rewriteWeights(small(), () => new Float32Array(1))).toThrow(RangeError)
    expect(() => rewriteWeights(new Uint8Array(3), () => undefined)).toThrow(OnnxFormatError)
  })
})
