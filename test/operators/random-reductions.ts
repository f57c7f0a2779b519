import type { Random } from '../../demo/random.ts'
import { type DType, elementCount, type Tensor } from '../../protocol/tensor.ts'
import type { OneOperator } from './one-operator.ts'
import { list, pick, some, someDims } from './random-movers.ts'
import { floats, wholes } from './random-tensors.ts'

/** Dimensions that make lines of some length, but none of zero. */
function lineDims(random: Random, long: number): number[] {
  const dims = someDims(random, 1).map((size) => Math.max(size, 1))
  if (random.next() < 0.5) dims[random.below(dims.length)] = 1 + random.below(long)
  return dims
}

/** Numbers of one size around an offset, where cancellation and saturation happen. */
function gathered(random: Random, dims: readonly number[]): Tensor {
  const offset = random.next() < 0.5 ? 0 : random.normal() * 100 ** random.normal()
  const spread = 10 ** random.normal()
  const values = Float32Array.from({ length: elementCount(dims) }, () => offset + spread * random.normal())
  return { dtype: 'float32', dims, data: new Uint8Array(values.buffer) }
}

function numbers(random: Random, dims: readonly number[]): Tensor {
  const kind = random.next()
  return kind < 0.4 ? gathered(random, dims) : floats(random, dims, kind < 0.6 ? 0.05 : 0)
}

/** Whole numbers up to a drawn size, within int32. */
function small(random: Random, dims: readonly number[], dtype: DType): Tensor {
  if (random.next() < 0.3) return some(random, dims, dtype)
  const size = 2 ** (31 * random.next())
  return wholes(
    dtype,
    dims,
    Array.from({ length: elementCount(dims) }, () => Math.trunc(random.between(-size, size))),
  )
}

function axesOf(random: Random, rank: number): number[] {
  const chance = random.next()
  return Array.from({ length: rank }, (_, axis) => (random.next() < 0.4 ? axis - rank : axis)).filter(
    () => random.next() < chance,
  )
}

function reduce(type: 'ReduceSum' | 'ReduceMean' | 'ReduceMax', since: number, long: number) {
  return (random: Random): OneOperator => {
    const dims = lineDims(random, long)
    // What ReduceMean makes of whole numbers is left open, and its runs would show nothing.
    const dtype = random.next() < 0.7 || type === 'ReduceMean' ? 'float32' : pick(random, ['int32', 'int64'] as const)
    const data = dtype === 'float32' ? numbers(random, dims) : small(random, dims, dtype)
    const axes = axesOf(random, dims.length)
    const keepdims = random.below(2)
    const opset = pick(random, [11, 13, 18])
    if (opset < since) {
      const ints: { axes?: number[] } = axes.length > 0 ? { axes } : {}
      return { type, opset, inputs: [data], int: { keepdims }, ints }
    }
    const noop: Record<string, number> = axes.length === 0 && random.next() < 0.5 ? { noop_with_empty_axes: 1 } : {}
    const inputs = axes.length > 0 || random.next() < 0.3 ? [data, list(axes)] : [data]
    return { type, opset, inputs, constant: [1], int: { keepdims, ...noop } }
  }
}

/** Draws an operator that an ONNX runtime accepts, by name; `long` is the longest line. */
export function reductions(long: number): Readonly<Record<string, (random: Random) => OneOperator>> {
  return {
    ReduceSum: reduce('ReduceSum', 13, long),
    ReduceMean: reduce('ReduceMean', 18, long),
    ReduceMax: reduce('ReduceMax', 18, long),

    ArgMax(random) {
      const dims = lineDims(random, long)
      const data =
        random.next() < 0.6
          ? numbers(random, dims)
          : some(random, dims, pick(random, ['float32', 'int32', 'uint8'] as const))
      const rank = dims.length
      const axis = random.below(rank) - (random.next() < 0.4 ? rank : 0)
      return {
        type: 'ArgMax',
        opset: 13,
        inputs: [data],
        int: { axis, keepdims: random.below(2), select_last_index: random.below(2) },
      }
    },

    Softmax(random) {
      const dims = lineDims(random, long)
      const rank = dims.length
      const axis = random.below(rank) - (random.next() < 0.4 ? rank : 0)
      const opset = pick(random, [11, 13, 17])
      // Below operator set 13 the axis is 1 by default, which vectors do not have.
      const int: Record<string, number> = random.next() < 0.8 || (rank < 2 && opset < 13) ? { axis } : {}
      return { type: 'Softmax', opset, inputs: [numbers(random, dims)], int }
    },

    LayerNormalization(random) {
      const dims = lineDims(random, long)
      const axis = random.below(dims.length)
      const own = dims.slice(axis)
      const part = (chance: number) => (random.next() < chance ? [floats(random, own, 0)] : [])
      return {
        type: 'LayerNormalization',
        opset: 17,
        inputs: [numbers(random, dims), floats(random, own, 0), ...part(0.7)],
        int: { axis: random.next() < 0.4 ? axis - dims.length : axis },
        ...(random.next() < 0.3 ? { float: { epsilon: 10 ** (-8 * random.next()) } } : {}),
      }
    },
  }
}
