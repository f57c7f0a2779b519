import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type GraphProtoSchema, ModelProtoSchema } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { outputForms } from '../../verdict/forms.ts'

type Graph = MessageInitShape<typeof GraphProtoSchema>
type Node = NonNullable<Graph['node']>[number]
type Attribute = NonNullable<Node['attribute']>[number]

const FLOAT = 1
const INT64 = 7
const op = (opType: string, input: string[], output: string[], attribute: Attribute[] = []): Node => ({
  ...{ opType, input, output, attribute },
})
const int = (name: string, value: number): Attribute => ({ name, i: BigInt(value) })
const value = (name: string, elemType: number) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType } } },
})
/** Forms of a model from `x` to `y`. */
const formsOf = (node: Node[], { from = FLOAT, to = FLOAT, ...more }: Graph & { from?: number; to?: number } = {}) =>
  outputForms(
    create(ModelProtoSchema, {
      graph: { input: [value('x', from)], output: [value('y', to)], node, ...more },
    }),
  )
const formOf = (...parameters: Parameters<typeof formsOf>) => formsOf(...parameters).forms.get('y')
const branch = (name: string, node: Node[], output: string): Attribute => ({
  name,
  g: { node, output: [value(output, FLOAT)] },
})

describe('outputForms', () => {
  it.each([
    ['Sigmoid', 'sigmoid'],
    ['Tanh', 'tanh'],
    ['Softmax', 'softmax'],
    ['Relu', 'linear'],
    ['HardSigmoid', 'linear'],
  ])('sees that an output comes out of a %s', (opType, kind) => {
    expect(formOf([op('MatMul', ['x', 'x'], ['z']), op(opType, ['z'], ['y'])])).toEqual({ kind })
  })

  it('looks through what only moves or averages, and no further', () => {
    const moved = [op('Sigmoid', ['x'], ['a']), op('Squeeze', ['a'], ['b']), op('ReduceMean', ['b'], ['c'])]
    expect(formOf([...moved, op('Unsqueeze', ['c'], ['y'])])).toEqual({ kind: 'sigmoid' })
    expect(formOf([...moved, op('Mul', ['c', 'c'], ['y'])])).toEqual({ kind: 'linear' })
    expect(formOf([...moved, op('Gemm', ['c', 'c'], ['d']), op('Identity', ['d'], ['y'])])).toEqual({ kind: 'linear' })
  })

  it('takes joined parts together only when they are alike', () => {
    const [a, b] = [op('Sigmoid', ['x'], ['a']), op('Sigmoid', ['x'], ['b'])]
    expect(formOf([a, b, op('Concat', ['a', 'b'], ['y'])])).toEqual({ kind: 'sigmoid' })
    expect(formOf([a, op('Tanh', ['x'], ['b']), op('Concat', ['a', 'b'], ['y'])])).toEqual({ kind: 'linear' })
    expect(formOf([a, op('Concat', ['a', 'x'], ['y'])])).toEqual({ kind: 'linear' })
  })

  it('looks into both branches of an If, and out of them again', () => {
    const outside = op('Sigmoid', ['x'], ['s'])
    const choose = (then: Attribute, otherwise: Attribute) => op('If', ['c'], ['y'], [then, otherwise])
    const squeezed = branch('then_branch', [op('Squeeze', ['s'], ['t'])], 't')
    const same = branch('else_branch', [op('Identity', ['s'], ['e'])], 'e')
    expect(formOf([outside, choose(squeezed, same)])).toEqual({ kind: 'sigmoid' })
    expect(formOf([outside, choose(squeezed, branch('else_branch', [op('Relu', ['s'], ['e'])], 'e'))])).toEqual({
      kind: 'linear',
    })
    // A name made inside hides the one outside.
    const hidden = branch('else_branch', [op('Relu', ['x'], ['s']), op('Identity', ['s'], ['e'])], 'e')
    expect(formOf([outside, choose(squeezed, hidden)])).toEqual({ kind: 'linear' })
  })

  it('knows where the scores of a label are', () => {
    const model = [
      op('MatMul', ['x', 'x'], ['scores']),
      op('ArgMax', ['scores'], ['a'], [int('axis', 1)]),
      op('Cast', ['a'], ['y'], [int('to', 6)]),
    ]
    const found = formsOf(model, { to: 6 })
    expect(found.forms.get('y')).toEqual({ kind: 'label', axis: 1, largest: true })
    expect(found.scores).toEqual(new Map([['y', 'scores']]))
    const least = [op('MatMul', ['x', 'x'], ['s']), op('ArgMin', ['s'], ['y'])]
    expect(formOf(least, { to: INT64 })).toEqual({ kind: 'label', axis: 0, largest: false })
  })

  it('takes the positions of a sorted TopK for labels', () => {
    const top = (...attributes: Attribute[]) => [
      op('MatMul', ['x', 'x'], ['s']),
      op('TopK', ['s', 'k'], ['v', 'y'], attributes),
    ]
    const k = [{ name: 'k', dataType: INT64 }]
    expect(formOf(top(), { to: INT64, initializer: k })).toEqual({ kind: 'label', axis: -1, largest: true })
    expect(formOf(top(int('sorted', 0)), { to: INT64, initializer: k })).toEqual({ kind: 'discrete' })
  })

  it('calls exact what nothing on the way can round', () => {
    expect(formOf([op('ArgMax', ['x'], ['y'])], { to: INT64 })).toEqual({ kind: 'exact' })
    expect(formOf([op('Mul', ['x', 'x'], ['y'])], { from: INT64, to: INT64 })).toEqual({ kind: 'exact' })
    expect(formOf([op('Shape', ['x'], ['y'])], { to: INT64 })).toEqual({ kind: 'exact' })
    const rounded = [op('MatMul', ['x', 'x'], ['z']), op('Greater', ['z', 'x'], ['y'])]
    expect(formOf(rounded, { to: 9 })).toEqual({ kind: 'discrete' })
    const cast = [op('Mul', ['x', 'x'], ['z']), op('Cast', ['z'], ['y'], [int('to', INT64)])]
    expect(formOf(cast, { to: INT64 })).toEqual({ kind: 'discrete' })
    const viaFloat = [
      op('Cast', ['x'], ['f'], [int('to', FLOAT)]),
      op('Add', ['f', 'f'], ['g']),
      op('Cast', ['g'], ['y']),
    ]
    expect(formOf(viaFloat, { from: INT64, to: INT64 })).toEqual({ kind: 'discrete' })
    expect(formOf([op('NonMaxSuppression', ['x', 'x'], ['y'])], { to: INT64 })).toEqual({ kind: 'discrete' })
  })

  it('ends on circles, on long chains and on names that nothing makes', () => {
    expect(formOf([op('Identity', ['y'], ['y'])])).toEqual({ kind: 'linear' })
    expect(formOf([op('Concat', ['a', 'a'], ['y']), op('Concat', ['y', 'y'], ['a'])])).toEqual({ kind: 'linear' })
    expect(formOf([op('Identity', ['nowhere'], ['y'])])).toEqual({ kind: 'linear' })
    expect(formOf([op('Identity', ['y'], ['y'])], { to: INT64 })).toEqual({ kind: 'exact' })
    const chain = (opType: string, length: number) =>
      Array.from({ length }, (_, i) => op(opType, [`t${i}`, `t${i}`], [i === length - 1 ? 'y' : `t${i + 1}`]))
    expect(formOf(chain('Identity', 20_000))).toEqual({ kind: 'linear' })
    expect(formOf(chain('Concat', 20_000))).toEqual({ kind: 'linear' })
  })
})
