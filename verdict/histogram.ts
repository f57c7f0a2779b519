import type { Tensor } from '../protocol/tensor.ts'
import { elementsOf } from './elements.ts'

/** How many elements of an output are how far from the replay's. */
export interface Histogram {
  readonly equal: number
  /** by decade: `[e, n]` says that n elements are from 10^e to less than 10^(e+1) away, in units of the output's scale */
  readonly decades: [exponent: number, count: number][]
  /** elements that are no number, or infinite, on one side only */
  readonly noNumber: number
}

/** Exponents below this are counted there: less than half a unit in the last place of fp32. */
const SMALLEST = -9

/**
 * Sorts the elements of two tensors of one shape by |Δ| / max(1, max|ref|), in decades: whether an output is off by
 * rounding everywhere, or wrong in one place, shows at a glance. Pure.
 */
export function histogramOf(posted: Tensor, replayed: Tensor): Histogram {
  const [a, b] = [elementsOf(posted), elementsOf(replayed)]
  let scale = 1
  for (let i = 0; i < b.length; i++) {
    const size = Math.abs(b.number(i))
    if (size > scale && size !== Number.POSITIVE_INFINITY) scale = size
  }
  const counts = new Map<number, number>()
  let [equal, noNumber] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a.number(i), b.number(i)]
    const distance = Math.abs(x - y) / scale
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) equal++
    else if (!Number.isFinite(distance)) noNumber++
    else {
      const exponent = Math.max(SMALLEST, Math.floor(Math.log10(distance)))
      counts.set(exponent, (counts.get(exponent) ?? 0) + 1)
    }
  }
  return { equal, decades: [...counts].sort(([one], [other]) => one - other), noNumber }
}
