import { create, fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { expect, it } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { inferAll } from '../../node/infer.ts'
import { cutModel } from '../../protocol/cut.ts'
import { attribute, graph, operator, weights } from './tiny-onnx.ts'

const names = (values: { name: string }[]) => values.map(({ name }) => name)
const modelOf = (parts: Parameters<typeof graph>[0]) => create(ModelProtoSchema, { graph: graph(parts) })

it('lets each operator read what it is given, and give what it makes under another name', () => {
  const original = modelOf({
    nodes: [operator('Relu', ['x'], ['a']), operator('Add', ['a', 'x'], ['y'])],
    inputs: ['x'],
    outputs: ['y'],
  })
  const { model, made } = cutModel(original, () => 'float32')
  expect([...made]).toEqual([
    ['a', 'made:a'],
    ['y', 'made:y'],
  ])
  expect(model.graph?.node.map(({ input, output }) => [input, output])).toEqual([
    [['x'], ['made:a']],
    [['a', 'x'], ['made:y']],
  ])
  expect(names(model.graph?.input ?? [])).toEqual(['x', 'a', 'y'])
  expect(names(model.graph?.output ?? [])).toEqual(['made:a', 'made:y'])
  // The original is somebody else's.
  expect(original.graph?.node[1]?.output).toEqual(['y'])
})

it('keeps constants wired, takes no tensor whose dtype is unknown, and finds names that are free', () => {
  const constant = operator('Constant', [], ['c'], [attribute('value', { t: weights('', [1], [3]) })])
  const { model, made } = cutModel(
    modelOf({
      nodes: [constant, operator('Split', ['x', 'c'], ['', 'made:y'])],
      inputs: ['x'],
      outputs: ['made:y'],
    }),
    () => undefined,
  )
  expect([...made]).toEqual([
    ['c', 'c'],
    ['made:y', 'made::made:y'],
  ])
  expect(names(model.graph?.input ?? [])).toEqual(['x'])
  expect(model.graph?.node[1]?.output).toEqual(['', 'made::made:y'])
})

it('cuts only where it is asked to', () => {
  const original = modelOf({
    nodes: [operator('Relu', ['x'], ['a']), operator('Add', ['a', 'x'], ['y'])],
    inputs: ['x'],
    outputs: ['y'],
  })
  const { model, made } = cutModel(
    original,
    () => 'float32',
    (tensor) => tensor === 'a',
  )
  expect([...made]).toEqual([
    ['a', 'made:a'],
    ['y', 'y'],
  ])
  expect(names(model.graph?.input ?? [])).toEqual(['x', 'a'])
})

it.each(demoModels().map((model) => [model.name, model]))('covers every tensor of the trace of %s', async (_, demo) => {
  const bytes = readDemoModel(demo)
  const tensors = await inferAll({ model: bytes, inputs: demo.input(1) })
  const { made } = cutModel(fromBinary(ModelProtoSchema, bytes), (name) => tensors.get(name)?.dtype)
  // What no trace has, and is made nonetheless, are constants: they keep their wires.
  const constants = [...made.keys()].filter((name) => made.get(name) === name)
  expect(new Set(made.keys())).toEqual(new Set([...tensors.keys(), ...constants]))
  for (const constant of constants) expect(tensors.has(constant)).toBe(false)
})
