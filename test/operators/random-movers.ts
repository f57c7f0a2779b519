import type { Random } from '../../demo/random.ts'
import { type DType, dtypes, elementCount, type Tensor } from '../../protocol/tensor.ts'
import type { OneOperator } from './one-operator.ts'
import { floats, wholes } from './random-tensors.ts'

/** The largest int64: to the end, forwards. */
const FOREVER = 2n ** 63n - 1n

const types: readonly DType[] = ['float32', 'float32', 'int64', 'int32', 'uint8', 'bool']

/** Dimensions of a rank between two, each from 1 to 4, seldom zero. */
export function someDims(random: Random, least = 0, most = 4): number[] {
  const rank = least + random.below(most - least + 1)
  return Array.from({ length: rank }, () => (random.next() < 0.01 ? 0 : 1 + random.below(4)))
}

/** A tensor of drawn bits; truth values are 0 or 1. */
export function some(random: Random, dims: readonly number[], dtype = pick(random, types)): Tensor {
  if (dtype === 'float32') return floats(random, dims, 0.2)
  const bits = () => (dtype === 'bool' ? random.below(2) : BigInt(Math.floor(random.next() * 2 ** 53)) << 11n)
  const down = dtype === 'bool' ? 0n : BigInt(random.below(64))
  const values = Array.from({ length: elementCount(dims) }, () => BigInt(bits()) >> down)
  return wholes(
    dtype,
    dims,
    values.map((value) => (random.next() < 0.5 ? value : dtype === 'bool' ? value : -value)),
  )
}

/** A constant list. */
export function list(values: readonly (number | bigint)[]): Tensor {
  return wholes('int64', [values.length], values)
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** An axis, at times counted from the end. */
function anAxis(random: Random, rank: number): number {
  return random.below(rank) - (random.next() < 0.4 ? rank : 0)
}

function shuffled(random: Random, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[all[i], all[j]] = [all[j] as number, all[i] as number]
  }
  return all
}

/** Draws an operator that an ONNX runtime accepts, by name. */
export const movers: Readonly<Record<string, (random: Random) => OneOperator>> = {
  Identity: (random) => ({ type: 'Identity', opset: 13, inputs: [some(random, someDims(random))] }),

  Flatten(random) {
    const dims = someDims(random, 1)
    return {
      type: 'Flatten',
      opset: 13,
      inputs: [some(random, dims)],
      ...(random.next() < 0.8 ? { int: { axis: random.below(2 * dims.length + 1) - dims.length } } : {}),
    }
  },

  Transpose(random) {
    const dims = someDims(random, 1)
    return {
      type: 'Transpose',
      opset: 13,
      inputs: [some(random, dims)],
      ...(random.next() < 0.8 ? { ints: { perm: shuffled(random, dims.length) } } : {}),
    }
  },

  Concat(random) {
    const dims = someDims(random, 1)
    const axis = anAxis(random, dims.length)
    const own = axis < 0 ? axis + dims.length : axis
    const dtype = pick(random, types)
    const inputs = Array.from({ length: 1 + random.below(3) }, () =>
      some(
        random,
        dims.map((size, i) => (i === own ? 1 + random.below(3) : size)),
        dtype,
      ),
    )
    return { type: 'Concat', opset: 13, inputs, int: { axis } }
  },

  Split(random) {
    const dims = someDims(random, 1)
    const axis = anAxis(random, dims.length)
    const own = axis < 0 ? axis + dims.length : axis
    const outputs = 1 + random.below(3)
    const opset = pick(random, [11, 13, 18])
    const sizes = Array.from({ length: outputs }, () => 1 + random.below(3))
    const total = sizes.reduce((a, b) => a + b, 0)
    const given = random.next() < 0.6
    // Equal parts; from operator set 18 on the last one may be smaller, but not so small that a part would be empty.
    dims[own] = given
      ? total
      : outputs * (2 + random.below(2)) - (opset >= 18 && outputs === 2 && random.next() < 0.5 ? 1 : 0)
    const data = some(random, dims, pick(random, ['float32', 'int64', 'int32', 'uint8']))
    if (given && opset >= 13)
      return { type: 'Split', opset, outputs, int: { axis }, inputs: [data, list(sizes)], constant: [1] }
    return {
      type: 'Split',
      opset,
      outputs,
      int: { axis, ...(opset >= 18 ? { num_outputs: outputs } : {}) },
      inputs: [data],
      ...(given ? { ints: { split: sizes } } : {}),
    }
  },

  Slice(random) {
    const dims = someDims(random, 1)
    const axes = shuffled(random, dims.length).slice(0, 1 + random.below(dims.length))
    const far = () =>
      random.next() < 0.2 ? pick(random, [FOREVER, -(2n ** 63n - 1n), 2n ** 31n, 100n]) : random.below(11) - 5
    const starts = axes.map(far)
    const ends = axes.map(far)
    const signed = axes.map((axis) => (random.next() < 0.4 ? axis - dims.length : axis))
    const data = some(random, dims)
    if (random.next() < 0.3) return { type: 'Slice', opset: 9, inputs: [data], ints: { starts, ends, axes: axes } }
    const steps = ends.map((end) =>
      end === FOREVER ? 1 + random.below(3) : pick(random, [1, 1, 2, 3, -1, -2, -3, -100]),
    )
    const inputs = [data, list(starts), list(ends), list(signed), list(steps)]
    if (random.next() < 0.1) return { type: 'Slice', opset: 13, inputs: inputs.slice(0, 3), constant: [1, 2] }
    return { type: 'Slice', opset: 13, inputs, constant: [1, 2, 3, 4] }
  },

  Gather(random) {
    const dims = someDims(random, 1).map((size) => Math.max(size, 1))
    const axis = anAxis(random, dims.length)
    const size = dims[axis < 0 ? axis + dims.length : axis] as number
    const at = someDims(random, 0, 2)
    const picks = Array.from({ length: elementCount(at) }, () => random.below(2 * size) - size)
    const indices = wholes(pick(random, ['int32', 'int64']), at, picks)
    return { type: 'Gather', opset: 13, inputs: [some(random, dims), indices], int: { axis } }
  },

  Squeeze(random) {
    const dims = someDims(random, 1).map((size) => (random.next() < 0.5 ? 1 : size))
    const ones = dims.flatMap((size, axis) => (size === 1 ? [random.next() < 0.4 ? axis - dims.length : axis] : []))
    const data = some(random, dims)
    if (random.next() < 0.3) return { type: 'Squeeze', opset: 13, inputs: [data] }
    const axes = ones.slice(random.below(2))
    if (random.next() < 0.5) return { type: 'Squeeze', opset: 13, inputs: [data, list(axes)], constant: [1] }
    return { type: 'Squeeze', opset: 11, inputs: [data], ints: { axes } }
  },

  Unsqueeze(random) {
    const dims = someDims(random, 0, 3)
    const added = 1 + random.below(2)
    const rank = dims.length + added
    const axes = shuffled(random, rank)
      .slice(0, added)
      .map((axis) => (random.next() < 0.4 ? axis - rank : axis))
    const data = some(random, dims)
    if (random.next() < 0.5) return { type: 'Unsqueeze', opset: 13, inputs: [data, list(axes)], constant: [1] }
    return { type: 'Unsqueeze', opset: 11, inputs: [data], ints: { axes } }
  },

  Expand(random) {
    const full = someDims(random, 1).map((size) => Math.max(size, 1))
    const dims = full.slice(random.below(full.length)).map((size) => (random.next() < 0.4 ? 1 : size))
    const wanted = full.slice(random.below(full.length)).map((size) => (random.next() < 0.3 ? 1 : size))
    const constant = random.next() < 0.5 ? [1] : []
    return { type: 'Expand', opset: 13, inputs: [some(random, dims), list(wanted)], constant }
  },

  Reshape(random) {
    const dims = someDims(random, 1).map((size) => Math.max(size, 1))
    const wanted = shuffled(random, dims.length).map((axis) => dims[axis] as number)
    const change = random.below(3)
    if (change === 0) wanted.splice(random.below(wanted.length), 1, -1)
    if (change === 1) wanted.splice(random.below(wanted.length + 1), 0, 1)
    const zeros = wanted.map((size, axis) => (size === dims[axis] && random.next() < 0.5 ? 0 : size))
    const constant = random.next() < 0.5 ? [1] : []
    return { type: 'Reshape', opset: 14, inputs: [some(random, dims), list(zeros)], constant }
  },

  Pad(random) {
    const dims = someDims(random, 1).map((size) => Math.max(size, 1))
    const mode = pick(random, ['constant', 'constant', 'reflect', 'edge'])
    const opset = pick(random, [10, 13, 18])
    const dtype = opset < 13 ? 'float32' : pick(random, ['float32', 'int32', 'int64', 'uint8', 'bool'] as const)
    const data = some(random, dims, dtype)
    const axes = opset < 18 ? dims.map((_, axis) => axis) : shuffled(random, dims.length).slice(random.below(2))
    if (axes.length === 0) axes.push(0)
    const amount = (axis: number) =>
      mode === 'constant'
        ? random.below(4) - (random.next() < 0.2 ? 1 : 0)
        : random.below(mode === 'edge' ? 3 : (dims[axis] as number))
    const pads = [...axes.map(amount), ...axes.map(amount)]
    for (const [i, axis] of axes.entries())
      if ((dims[axis] as number) + (pads[i] as number) + (pads[i + axes.length] as number) < 1) pads[i] = 1
    if (opset < 13) return { type: 'Pad', opset, inputs: [data], ints: { pads }, text: { mode }, float: { value: 0.5 } }
    const value = random.next() < 0.5 ? some(random, [], dtype) : undefined
    const signed = axes.map((axis) => (random.next() < 0.4 ? axis - dims.length : axis))
    const inputs = [data, list(pads), value, ...(opset < 18 ? [] : [list(signed)])]
    return { type: 'Pad', opset, inputs, text: { mode }, constant: [1, 2, 3] }
  },

  Shape(random) {
    const dims = someDims(random)
    const bound = () => random.below(13) - 6
    return {
      type: 'Shape',
      opset: 15,
      inputs: [some(random, dims)],
      int: { ...(random.next() < 0.6 ? { start: bound() } : {}), ...(random.next() < 0.6 ? { end: bound() } : {}) },
    }
  },

  Cast(random) {
    const all: readonly DType[] = [
      ...(['float32', 'float32', 'float32', 'float32', 'uint8', 'int8', 'uint16', 'int16'] as const),
      ...(['int32', 'int64', 'uint32', 'uint64', 'bool'] as const),
    ]
    const to = dtypes[pick(random, all)].code
    return { type: 'Cast', opset: 13, inputs: [some(random, someDims(random, 0, 2), pick(random, all))], int: { to } }
  },
}
