import { toFixed } from '../arithmetic/float32.ts'
import { OPEN, type Range } from '../arithmetic/range.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { given } from './view.ts'

/**
 * An operator whose output elements each depend on one element of its first input, both float32.
 *
 * @param of what honest hardware can make of x, in fixed point
 * @param canonical no attributes and one input if not given
 */
export function unary(
  of: (x: bigint, query: Query) => Range,
  canonical: Operator['canonical'] = () => ({ attributes: [], inputs: [0] }),
): Operator {
  return {
    canonical,
    reads: () => anyOrder,
    shape: ({ inputs }) => given(inputs, 0),
    element(query) {
      const view = given(query.inputs, 0)
      if (view.dtype !== 'float32') return OPEN
      const x = toFixed(view.float(query.index))
      return x === undefined ? OPEN : of(x, query)
    },
  }
}
