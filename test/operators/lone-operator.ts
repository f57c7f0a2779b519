import { create } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType, AttributeProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { numberOf } from '../../protocol/arithmetic/float32.ts'
import type { OnnxOperator } from '../../protocol/operators/operator.ts'
import { type DType, dtypes, type Tensor } from '../../protocol/tensor.ts'
import { graph, modelOf, operator } from '../protocol/tiny-onnx.ts'

/** An operator as an ONNX file would have it. */
export interface Node {
  readonly type: string
  readonly opset: number
  /** how many inputs there are, constants among them */
  readonly inputs: number
  /** bits of float attributes */
  readonly floats?: Readonly<Record<string, number>>
  readonly texts?: Readonly<Record<string, string>>
  readonly ints?: Readonly<Record<string, bigint>>
  /** inputs that are constants, by number */
  readonly constants?: ReadonlyMap<number, Tensor>
}

/** What the operator's canonical form is made from. */
export function onnxOperator(node: Node): OnnxOperator {
  return {
    opset: node.opset,
    inputs: node.inputs,
    outputs: 1,
    has: (input) => input < node.inputs,
    constant: (input) => node.constants?.get(input),
    int: (name) => node.ints?.[name],
    ints: () => undefined,
    float: (name) => node.floats?.[name],
    text: (name) => node.texts?.[name],
  }
}

/** A model of this operator alone: inputs `x0`, `x1`, … but for constants, and the output `y`. */
export function modelOfOne(node: Node, inputs: readonly DType[], output: DType): Uint8Array {
  const names = Array.from({ length: node.inputs }, (_, i) => `x${i}`)
  const { FLOAT, STRING } = AttributeProto_AttributeType
  const attributes = [
    ...Object.entries(node.floats ?? {}).map(([name, bits]) =>
      create(AttributeProtoSchema, { name, type: FLOAT, f: numberOf(bits) }),
    ),
    ...Object.entries(node.texts ?? {}).map(([name, text]) =>
      create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(text) }),
    ),
  ]
  const made = graph({
    nodes: [operator(node.type, names, ['y'], attributes)],
    inputs: names.filter((_, i) => !node.constants?.has(i)),
    outputs: ['y'],
    initializers: [...(node.constants ?? [])].map(([i, { dtype, dims, data }]) =>
      create(TensorProtoSchema, {
        name: `x${i}`,
        dataType: dtypes[dtype].code,
        dims: dims.map(BigInt),
        rawData: data.slice(),
      }),
    ),
  })
  for (const [i, info] of [...made.input, ...made.output].entries())
    if (info.type?.value.case === 'tensorType') info.type.value.value.elemType = dtypes[inputs[i] ?? output].code
  return modelOf(made, { opset: BigInt(node.opset) })
}
