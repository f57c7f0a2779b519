import type { Tensor } from '../protocol/tensor.ts'
import { type Elements, elementsOf } from './elements.ts'

/**
 * How much worse the scores of given labels are than those of the replay's labels: max |Δscore| / (2 · max(1,
 * max|score|)), so that it can be held against a tolerance of the scores: where two scores are nearly equal, honest
 * machines choose differently, and each of the two may have moved by the tolerance.
 *
 * A label is a position along `axis` of the scores: one for each other coordinate (`ArgMax`), or several in order of
 * rank, all of them different (`TopK`).
 *
 * @returns Infinity for a label that is no position or is named twice; undefined where the labels do not fit the scores
 * or the scores are not numbers, so that nothing follows
 * @see https://onnx.ai/onnx/operators/onnx__ArgMax.html
 */
export function labelDistance(
  given: Elements,
  reference: Elements,
  scores: Tensor,
  axis: number,
): { distance: number; at: number } | undefined {
  const { dims } = scores
  const along = axis < 0 ? axis + dims.length : axis
  const size = dims[along]
  const values = elementsOf(scores)
  if (size === undefined || !values.isFloat) return undefined
  const inner = product(dims.slice(along + 1))
  const ranks = reference.length / (product(dims.slice(0, along)) * inner)
  if (!Number.isInteger(ranks) || ranks < 1 || ranks > size) return undefined

  let [largest, at, scale] = [0, 0, 1]
  for (let i = 0; i < values.length; i++) {
    const score = Math.abs(values.number(i))
    if (!Number.isFinite(score)) return undefined
    if (score > scale) scale = score
  }
  for (let i = 0; i < reference.length; i++) {
    const label = given.number(i)
    const right = reference.number(i)
    if (label === right) continue
    const lane = i % inner
    const group = Math.floor(i / (inner * ranks))
    const first = group * inner * ranks + lane
    let named = 0
    for (let rank = 0; rank < ranks; rank++) if (given.number(first + rank * inner) === label) named++
    if (!(Number.isInteger(label) && label >= 0 && label < size) || named > 1)
      return { distance: Number.POSITIVE_INFINITY, at: i }
    const score = (position: number) => values.number((group * size + position) * inner + lane)
    const worse = Math.abs(score(right) - score(label)) / 2
    if (!(worse <= largest)) [largest, at] = [worse, i]
  }
  return { distance: largest / scale, at }
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1)
}
