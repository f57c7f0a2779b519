import { toFixed } from '../arithmetic/float32.ts'
import { OPEN, type Range } from '../arithmetic/range.ts'
import { isWhole } from '../arithmetic/wholes.ts'
import type { DType } from '../tensor.ts'
import { anyOrder, NotProvableError, type OnnxOperator, type Operator } from './operator.ts'
import { broadcastDims, broadcastIndex, given, signedOf } from './view.ts'

/** What an operator makes of pairs of elements; those not given are open. */
export interface Pairs {
  /** of two finite float32 numbers, given as bits */
  of(x: number, y: number): Range
  /** of two whole numbers of one type */
  ofWholes?(dtype: DType, x: bigint, y: bigint): Range
  /** of all other pairs of types, given as bits */
  ofMixed?(left: DType, x: bigint, right: DType, y: bigint): Range
}

/** An operator whose output elements each depend on one element of either of two inputs, broadcast to each other. */
export function binary(pairs: Pairs): Operator {
  return {
    canonical(node) {
      refuseOldBroadcast(node)
      return { attributes: [], inputs: [0, 1] }
    },
    reads: () => anyOrder,
    shape({ inputs }) {
      const [a, b] = [given(inputs, 0), given(inputs, 1)]
      return { dtype: a.dtype, dims: broadcastDims(a.dims, b.dims) }
    },
    element({ inputs, dims, index }) {
      const [a, b] = [given(inputs, 0), given(inputs, 1)]
      const x = a.bits(broadcastIndex(dims, a.dims, index))
      const y = b.bits(broadcastIndex(dims, b.dims, index))
      if (a.dtype === 'float32' && b.dtype === 'float32') {
        const [left, right] = [Number(x), Number(y)]
        return toFixed(left) === undefined || toFixed(right) === undefined ? OPEN : pairs.of(left, right)
      }
      if (a.dtype === b.dtype && isWhole(a.dtype))
        return pairs.ofWholes?.(a.dtype, signedOf(a.dtype, x), signedOf(b.dtype, y)) ?? OPEN
      return pairs.ofMixed?.(a.dtype, x, b.dtype, y) ?? OPEN
    },
  }
}

/** A finite float32 in fixed point. */
export function fixed(bits: number): bigint {
  return toFixed(bits) ?? 0n
}

/**
 * Before operator set 7 the second input was broadcast only where an attribute said so, and along an axis of its choice.
 *
 * @throws NotProvableError
 */
export function refuseOldBroadcast(node: OnnxOperator): void {
  if (node.opset < 7 && (node.int('broadcast') ?? 0n) !== 0n)
    throw new NotProvableError(`broadcasting as before operator set 7`)
}
