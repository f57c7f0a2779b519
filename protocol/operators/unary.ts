import { toFixed } from '../arithmetic/float32.ts'
import { OPEN, type Range } from '../arithmetic/range.ts'
import { isWhole } from '../arithmetic/wholes.ts'
import type { DType } from '../tensor.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { given } from './view.ts'

/**
 * An operator whose output elements each depend on one element of its first input, both of one type.
 *
 * @param of what honest hardware can make of the finite float32 x, given in fixed point and as bits
 * @param canonical no attributes and one input if not given
 * @param ofWhole the same for whole numbers; open if not given
 */
export function unary(
  of: (x: bigint, query: Query, bits: number) => Range,
  canonical: Operator['canonical'] = () => ({ attributes: [], inputs: [0] }),
  ofWhole: (x: bigint, dtype: DType, query: Query) => Range = () => OPEN,
): Operator {
  return {
    canonical,
    reads: () => anyOrder,
    shape: ({ inputs }) => given(inputs, 0),
    element(query) {
      const view = given(query.inputs, 0)
      if (isWhole(view.dtype)) return ofWhole(view.whole(query.index), view.dtype, query)
      if (view.dtype !== 'float32') return OPEN
      const bits = view.float(query.index)
      const x = toFixed(bits)
      return x === undefined ? OPEN : of(x, query, bits)
    },
  }
}
