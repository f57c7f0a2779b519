import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { isWhole, wrap } from '../arithmetic/wholes.ts'
import { anyOrder, NotProvableError, type Operator } from './operator.ts'
import { broadcastDims, broadcastIndex, given } from './view.ts'

/**
 * One of any number of inputs, broadcast to each other, element by element. Exact. Open with a NaN, which some hardware
 * propagates and some passes over.
 *
 * @param isBetter whether x rather than y is the one
 */
export function extreme(isBetter: (x: bigint, y: bigint) => boolean): Operator {
  return {
    canonical(node) {
      const inputs = Array.from({ length: node.inputs }, (_, input) => input)
      const absent = inputs.find((input) => !node.has(input))
      if (absent !== undefined) throw new NotProvableError(`input ${absent} is left out`)
      return { attributes: [], inputs }
    },
    reads: () => anyOrder,
    shape({ inputs }) {
      const first = given(inputs, 0)
      const dims = inputs.reduce<readonly number[]>((all, _, i) => broadcastDims(all, given(inputs, i).dims), [])
      return { dtype: first.dtype, dims }
    },
    element({ inputs, dims, index }) {
      const { dtype } = given(inputs, 0)
      const whole = isWhole(dtype)
      if (!whole && dtype !== 'float32') return OPEN
      let best: bigint | undefined
      for (const input of inputs.keys()) {
        const view = given(inputs, input)
        if (view.dtype !== dtype) return OPEN
        const at = broadcastIndex(dims, view.dims, index)
        const x = whole ? view.whole(at) : toFixed(view.float(at))
        if (x === undefined) return OPEN
        if (best === undefined || isBetter(x, best)) best = x
      }
      if (best === undefined) return OPEN
      return whole ? exactly(wrap(dtype, best)) : around(best, 0n)
    },
  }
}
