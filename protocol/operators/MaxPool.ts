import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import { NotProvableError, type Operator, type Query } from './operator.ts'
import { given, unravel } from './view.ts'
import { type Axis, axes, dimsOf, eachRead, slice, windowAttributes } from './windows.ts'

/**
 * MaxPool: the largest element of each window. Exact. Attributes: padding mode, ceil_mode, then kernel, strides,
 * dilations, pads.
 *
 * A window with a NaN or infinity, or without any input, is left open; so is every type but float32, int8 and uint8.
 *
 * @see https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
export const MaxPool: Operator = {
  canonical(node) {
    if (node.outputs > 1) throw new NotProvableError('the Indices of a MaxPool')
    const { mode, strides, dilations, pads } = windowAttributes(node)
    const kernel = node.ints('kernel_shape')
    if (!kernel) throw new NotProvableError('a MaxPool without kernel_shape')
    const ceil = node.int('ceil_mode') ? 1n : 0n
    return { attributes: [mode, ceil, ...kernel, ...strides, ...dilations, ...pads], inputs: [0] }
  },
  reads: () => ({ axis: -1, weight: 3 }),
  shape(query) {
    const x = given(query.inputs, 0)
    const all = axesOf(query)
    return { dtype: x.dtype, dims: dimsOf(x.dims, x.dims[1] as number, all) }
  },
  element(query) {
    const x = given(query.inputs, 0)
    const all = axesOf(query)
    const { dtype } = x
    if (dtype !== 'float32' && dtype !== 'int8' && dtype !== 'uint8') return OPEN
    const at = unravel(query.dims, query.index)
    const [batch, channel] = at as [number, number]
    const first = (batch * (x.dims[1] as number) + channel) * elementCount(x.dims.slice(2))
    let largest: bigint | undefined
    let finite = true
    eachRead(all, at, (offset) => {
      if (offset === undefined) return
      const value = dtype === 'float32' ? toFixed(x.float(first + offset)) : x.whole(first + offset)
      if (value === undefined) finite = false
      else if (largest === undefined || value > largest) largest = value
    })
    if (!finite || largest === undefined) return OPEN
    return dtype === 'float32' ? around(largest, 0n) : exactly(BigInt.asUintN(8, largest))
  },
}

function axesOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>): Axis[] {
  const { dims } = given(inputs, 0)
  const rank = Math.max(dims.length - 2, 0)
  const kernel = slice(attributes, 2, rank)
  return axes(attributes, 2 + rank, dims, kernel, { mode: attributes[0] as bigint, ceil: attributes[1] !== 0n })
}
