import { NotProvableError, type OnnxOperator } from './operator.ts'
import { View } from './view.ts'

/**
 * A list such as axes or pads that older operator sets have as an attribute and newer ones as an input.
 *
 * @param type ONNX name of the operator, for the error
 * @returns undefined where the operator has neither
 * @throws NotProvableError when the input is computed by the model itself: then the commitment cannot hold it
 */
export function listOf(node: OnnxOperator, type: string, name: string, input: number): readonly bigint[] | undefined {
  const attribute = node.ints(name)
  if (attribute) return attribute
  if (!node.has(input)) return undefined
  const list = constantList(node, input)
  if (!list) throw new NotProvableError(`${type} whose input ${name} is not constant`)
  return list
}

/** The whole numbers of a constant input; undefined where it is none. */
export function constantList(node: OnnxOperator, input: number): readonly bigint[] | undefined {
  const tensor = node.constant(input)
  if (tensor?.dtype !== 'int64' && tensor?.dtype !== 'int32') return undefined
  const view = new View(tensor)
  return Array.from({ length: tensor.data.length / (tensor.dtype === 'int64' ? 8 : 4) }, (_, i) => view.whole(i))
}

/** 0 to count − 1: the axes that are meant when none are named. */
export function firstAxes(count: number): bigint[] {
  return Array.from({ length: count }, (_, axis) => BigInt(axis))
}
