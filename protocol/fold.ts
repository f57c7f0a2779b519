import type { NodeProto } from 'onnx-buf'
import { Reshape } from './operators/Reshape.ts'
import { UnfitError } from './operators/unfit.ts'
import { broadcastDims, broadcastIndex, View } from './operators/view.ts'
import { dtypeOf, elementsOf, tensorFrom } from './stored-tensor.ts'
import { type DType, dtypes, elementCount, type Tensor } from './tensor.ts'

/** Tensors with more elements are no conditions, nor what conditions are made of. */
const MAX_ELEMENTS = 64

type Fold = (node: NodeProto, inputs: readonly Tensor[]) => Tensor | undefined

/**
 * What an operator makes of constants, for the few operators that conditions are made of. Nothing here rounds, and what
 * the ONNX rules leave open is not folded, so every runtime gives the same.
 *
 * @param node an operator of the default operator set
 * @param inputs all inputs that it is given, in order
 * @returns undefined when it is none of these operators, or the value is not known for sure
 */
export function fold(node: NodeProto, inputs: readonly Tensor[]): Tensor | undefined {
  const rule = rules[node.opType]
  // An operator with an input left out in the middle is not worth the trouble.
  if (!rule || inputs.length === 0 || inputs.length !== node.input.length) return undefined
  const small = ({ dims }: Tensor) => elementCount(dims) <= MAX_ELEMENTS
  if (node.opType !== 'Shape' && node.opType !== 'Size' && !inputs.every(small)) return undefined
  try {
    return rule(node, inputs)
  } catch (error) {
    if (error instanceof UnfitError) return undefined
    throw error
  }
}

const rules: Readonly<Partial<Record<string, Fold>>> = {
  Identity: (_, [x]) => x,
  Shape: (node, [x]) => {
    if (!x) return undefined
    const dims = x.dims.slice(Number(intOf(node, 'start') ?? 0n), Number(intOf(node, 'end') ?? x.dims.length))
    return tensorFrom('int64', [dims.length], dims.map(BigInt))
  },
  Size: (_, [x]) => x && tensorFrom('int64', [], [BigInt(elementCount(x.dims))]),
  Not: (_, [x]) => (x?.dtype === 'bool' ? { ...x, data: x.data.map((byte) => (byte === 0 ? 1 : 0)) } : undefined),
  And: logical((a, b) => a && b),
  Or: logical((a, b) => a || b),
  Xor: logical((a, b) => a !== b),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  Cast: (node, [x]) => {
    const to = dtypeOf(Number(intOf(node, 'to') ?? 0n))
    const elements = x && to && elementsOf(x)?.map((element) => cast(element, to))
    return x && to && elements?.every((element) => element !== undefined) ? tensorFrom(to, x.dims, elements) : undefined
  },
  Gather: (node, [data, indices]) => {
    if (!data || !indices || (indices.dtype !== 'int64' && indices.dtype !== 'int32')) return undefined
    const axis = fromStart(Number(intOf(node, 'axis') ?? 0n), data.dims.length)
    if (axis === undefined) return undefined
    const size = data.dims[axis] as number
    const chosen = elementsOf(indices)?.map((index) => fromStart(Number(index), size))
    const before = data.dims.slice(0, axis)
    const after = data.dims.slice(axis + 1)
    const block = elementCount(after) * dtypes[data.dtype].bytes
    const dims = [...before, ...indices.dims, ...after]
    if (elementCount(dims) > MAX_ELEMENTS) return undefined
    const made = new Uint8Array(elementCount(dims) * dtypes[data.dtype].bytes)
    let to = 0
    for (let outer = 0; outer < elementCount(before); outer++)
      for (const index of chosen ?? []) {
        if (index === undefined) return undefined
        const from = (outer * size + index) * block
        made.set(data.data.subarray(from, from + block), to)
        to += block
      }
    return { dtype: data.dtype, dims, data: made }
  },
  Reshape: (node, [data, shape]) => {
    if (!data || shape?.dtype !== 'int64') return undefined
    const { dims } = Reshape.shape({
      terms: { rule: 'worstCase', lambda: 0 },
      attributes: [intOf(node, 'allowzero') ?? 0n],
      inputs: [new View(data), new View(shape)],
      output: 0,
    })
    return { ...data, dims }
  },
  Squeeze: (node, [x, given]) => {
    if (!x) return undefined
    const ones = x.dims.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
    const axes = axesOf(node, given)?.map((axis) => fromStart(axis, x.dims.length)) ?? (given ? [] : ones)
    // Runtimes differ on an empty list of axes.
    if ((given && axes.length === 0) || axes.some((axis) => axis === undefined || x.dims[axis] !== 1)) return undefined
    return { ...x, dims: x.dims.filter((_, axis) => !axes.includes(axis)) }
  },
  Unsqueeze: (node, [x, given]) => {
    const wanted = axesOf(node, given)
    if (!x || !wanted) return undefined
    const rank = x.dims.length + wanted.length
    const axes = new Set(wanted.map((axis) => fromStart(axis, rank)))
    if (axes.size !== wanted.length || axes.has(undefined)) return undefined
    const rest = [...x.dims]
    return { ...x, dims: Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() as number))) }
  },
}

function logical(of: (a: boolean, b: boolean) => boolean): Fold {
  const both = comparison((a, b) => of(a !== 0n, b !== 0n))
  return (node, inputs) => (inputs.every(({ dtype }) => dtype === 'bool') ? both(node, inputs) : undefined)
}

function comparison(of: (a: number | bigint, b: number | bigint) => boolean): Fold {
  return (_, [a, b]) => {
    if (!a || !b || a.dtype !== b.dtype) return undefined
    const [left, right] = [elementsOf(a), elementsOf(b)]
    if (!left || !right) return undefined
    const dims = broadcastDims(a.dims, b.dims)
    if (elementCount(dims) > MAX_ELEMENTS) return undefined
    const element = (from: readonly (number | bigint)[], own: Tensor, index: number) =>
      from[broadcastIndex(dims, own.dims, index)] as number | bigint
    const made = Array.from({ length: elementCount(dims) }, (_, index) =>
      of(element(left, a, index), element(right, b, index)) ? 1n : 0n,
    )
    return tensorFrom('bool', dims, made)
  }
}

/** undefined where the rules leave the result open, or it would be rounded. */
function cast(element: number | bigint, to: DType): number | bigint | undefined {
  if (to === 'bool') return Number.isNaN(element) || Number(element) !== 0 ? 1n : 0n
  if (to === 'float16') return undefined
  if (to === 'float32' || to === 'float64') {
    const value = Number(element)
    const exact = typeof element === 'number' || BigInt(value) === element
    return exact && (to === 'float64' || Object.is(Math.fround(value), value)) ? value : undefined
  }
  if (!Number.isFinite(Number(element))) return undefined
  const whole = typeof element === 'bigint' ? element : BigInt(Math.trunc(element))
  const bits = 8 * dtypes[to].bytes
  const fits = (to.startsWith('int') ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)) === whole
  return fits ? whole : undefined
}

/** Axes from the second input (from operator set 13 on) or the attribute; undefined where there are none. */
function axesOf(node: NodeProto, given: Tensor | undefined): number[] | undefined {
  if (given) return given.dtype === 'int64' ? elementsOf(given)?.map(Number) : undefined
  return node.attribute.find(({ name }) => name === 'axes')?.ints.map(Number)
}

function intOf(node: NodeProto, attribute: string): bigint | undefined {
  return node.attribute.find(({ name }) => name === attribute)?.i
}

/** A place counted from the end if negative, as one from the start; undefined when there is none. */
function fromStart(at: number, size: number): number | undefined {
  const from = at < 0 ? at + size : at
  return from >= 0 && from < size ? from : undefined
}
