/**
 * The elements of a tensor that lie along some of its axes, in row-major order, from one element on. Mirrors
 * `contracts/src/operators/Lines.sol`.
 */
export class Line {
  /** how many elements */
  readonly count: number
  readonly #start: number
  readonly #axes: readonly { size: number; step: number }[]

  /**
   * @param along which axes it runs along
   * @param index row-major index of any element of the line; in a tensor without these axes if `reduced`
   */
  constructor(dims: readonly number[], along: readonly boolean[], index: number, { reduced = false } = {}) {
    const axes: { size: number; step: number }[] = []
    let start = 0
    let step = 1
    let rest = index
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const size = dims[axis] as number
      if (along[axis]) axes.push({ size, step })
      else start += (rest % size) * step
      if (!along[axis] || !reduced) rest = Math.floor(rest / size)
      step *= size
    }
    this.count = axes.reduce((product, { size }) => product * size, 1)
    this.#start = start
    this.#axes = axes
  }

  /** Row-major index of the k-th element. */
  at(k: number): number {
    let index = this.#start
    let rest = k
    for (const { size, step } of this.#axes) {
      index += (rest % size) * step
      rest = Math.floor(rest / size)
    }
    return index
  }
}

/** One axis of a tensor of this rank. */
export function oneAxis(axis: number, rank: number): boolean[] {
  return Array.from({ length: rank }, (_, i) => i === axis)
}

/** All axes from one on. */
export function axesFrom(axis: number, rank: number): boolean[] {
  return Array.from({ length: rank }, (_, i) => i >= axis)
}
