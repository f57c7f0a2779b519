import { type AttributeProto, AttributeProto_AttributeType, type NodeProto } from 'onnx-buf'
import { NotProvableError, type OnnxOperator } from '../operators/operator.ts'
import type { Tensor } from '../tensor.ts'

const { INT, INTS, FLOAT, STRING } = AttributeProto_AttributeType

/**
 * An operator of a file as the table's operators want to see it.
 *
 * @param constant value of a constant of the file by name; undefined for all other tensors
 */
export function onnxOperator(
  node: NodeProto,
  opset: number,
  constant: (name: string) => Tensor | undefined,
): OnnxOperator {
  const attribute = (name: string, type: AttributeProto_AttributeType): AttributeProto | undefined => {
    const [only, ...others] = node.attribute.filter((one) => one.name === name)
    // Which of two a runtime takes is its own affair; one of another type is taken by none.
    if (others.length > 0 || (only && only.type !== type))
      throw new NotProvableError(`its attribute ${name} is there twice or of another type`)
    return only
  }
  return {
    opset,
    inputs: node.input.length,
    outputs: node.output.length,
    has: (input) => (node.input[input] ?? '') !== '',
    constant: (input) => constant(node.input[input] ?? ''),
    int: (name) => attribute(name, INT)?.i,
    ints: (name) => attribute(name, INTS)?.ints,
    float: (name) => {
      const found = attribute(name, FLOAT)
      return found && new Uint32Array(Float32Array.of(found.f).buffer)[0]
    },
    text: (name) => {
      const found = attribute(name, STRING)
      return found && new TextDecoder().decode(found.s)
    },
  }
}
