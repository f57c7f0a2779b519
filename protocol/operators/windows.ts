import { NotProvableError, type OnnxOperator } from './operator.ts'
import { UnfitError } from './unfit.ts'

/** How windows lie on one spatial axis of an input; mirrors `Axis` in `contracts/src/operators/Windows.sol`. */
export interface Axis {
  /** of the input along the axis */
  readonly size: number
  /** taps of a window */
  readonly kernel: number
  /** from one window to the next */
  readonly stride: number
  /** from one tap to the next */
  readonly dilation: number
  /** padding before the input */
  readonly head: number
  /** padding after it */
  readonly tail: number
  /** how many there are: the output's size */
  readonly windows: number
}

const LARGEST = 1 << 20

/** Numbers for each spatial axis as a model's file has them, defaults filled in. */
export interface WindowAttributes {
  readonly rank: number
  readonly strides: readonly bigint[]
  readonly dilations: readonly bigint[]
  /** all heads, then all tails */
  readonly pads: readonly bigint[]
  /** 0 as `pads` has it, 1 SAME_UPPER, 2 SAME_LOWER: those depend on the input's size */
  readonly mode: bigint
}

const modes = new Map([
  ['NOTSET', 0n],
  ['VALID', 0n],
  ['SAME_UPPER', 1n],
  ['SAME_LOWER', 2n],
])

/**
 * Reads strides, dilations, pads and auto_pad of a convolution or pool.
 *
 * @throws NotProvableError when runtimes disagree on what is meant, or the rank cannot be told
 */
export function windowAttributes(node: OnnxOperator): WindowAttributes {
  const pads = node.ints('pads')
  const weights = node.constant(1)?.dims.length
  const rank =
    node.ints('kernel_shape')?.length ??
    node.ints('strides')?.length ??
    node.ints('dilations')?.length ??
    (pads ? pads.length / 2 : weights && weights - 2)
  if (!rank || rank < 1) throw new NotProvableError('windows whose rank the file does not tell')
  const text = node.text('auto_pad') || 'NOTSET'
  const mode = modes.get(text)
  if (mode === undefined) throw new NotProvableError(`auto_pad ${text}`)
  const each = (values: readonly bigint[] | undefined, count: number, otherwise: bigint) => {
    const all = values ?? new Array<bigint>(count).fill(otherwise)
    if (all.length !== count) throw new NotProvableError(`${all.length} numbers for ${rank} spatial axes`)
    return all
  }
  const dilations = each(node.ints('dilations'), rank, 1n)
  if (mode !== 0n && dilations.some((one) => one !== 1n)) throw new NotProvableError(`auto_pad ${text} with dilations`)
  return {
    rank,
    strides: each(node.ints('strides'), rank, 1n),
    dilations,
    // With any auto_pad, ONNX has pads ignored.
    pads: text === 'NOTSET' ? each(pads, 2 * rank, 0n) : new Array<bigint>(2 * rank).fill(0n),
    mode,
  }
}

/**
 * The spatial axes of an input.
 *
 * @param attributes from `from` on: strides, dilations, pads (all heads, then all tails), a number an axis each
 * @throws UnfitError also where runtimes are known to disagree: a last window (`ceil_mode`) that starts beyond the
 * input, SAME with a dilation or with strides that leave a part of the input out
 */
export function axes(
  attributes: readonly bigint[],
  from: number,
  dims: readonly number[],
  kernel: readonly number[],
  { mode = 0n, ceil = false } = {},
): Axis[] {
  const rank = dims.length - 2
  if (rank < 1 || attributes.length !== from + 4 * rank || kernel.length !== rank)
    throw new UnfitError(`${attributes.length} attributes for windows on [${dims}]`)
  let taps = 1
  return kernel.map((size, i) => {
    const given = {
      size: dims[i + 2] as number,
      kernel: whole(BigInt(size), 1n),
      stride: whole(attributes[from + i], 1n),
      dilation: whole(attributes[from + rank + i], 1n),
      head: whole(attributes[from + 2 * rank + i], 0n),
      tail: whole(attributes[from + 3 * rank + i], 0n),
    }
    taps *= size
    if (taps > LARGEST || given.size === 0) throw new UnfitError(`windows of [${kernel}] on [${dims}]`)
    return mode === 0n ? slide(given, ceil) : same(given, mode === 1n)
  })
}

/** An attribute that is a size. @throws UnfitError where it is none of a sane model */
export function whole(attribute: bigint | undefined, least: bigint): number {
  if (attribute === undefined || attribute < least || attribute > BigInt(LARGEST))
    throw new UnfitError(`the size ${attribute}`)
  return Number(attribute)
}

/** Some attributes as sizes of at least one. */
export function slice(attributes: readonly bigint[], from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => whole(attributes[from + i], 1n))
}

/** The output's dimensions, the second one being `channels`. */
export function dimsOf(dims: readonly number[], channels: number, all: readonly Axis[]): number[] {
  return [dims[0] as number, channels, ...all.map(({ windows }) => windows)]
}

/** Calls `visit` for each tap of a window with its coordinates, the last axis running fastest. */
export function eachTap(all: readonly Axis[], visit: (tap: readonly number[]) => void): void {
  const tap = all.map(() => 0)
  for (;;) {
    visit(tap)
    let i = tap.length - 1
    while (i >= 0 && (tap[i] as number) + 1 === all[i]?.kernel) tap[i--] = 0
    if (i < 0) return
    tap[i] = (tap[i] as number) + 1
  }
}

/**
 * Calls `visit` for each tap of a window.
 *
 * @param at coordinates of the output element
 * @param visit is given the row-major index of the spatial coordinates that the tap reads; undefined in the padding
 */
export function eachRead(
  all: readonly Axis[],
  at: readonly number[],
  visit: (offset: number | undefined, tap: readonly number[]) => void,
): void {
  eachTap(all, (tap) => {
    let offset: number | undefined = 0
    for (const [i, { stride, dilation, head, size }] of all.entries()) {
      const from = (at[i + 2] as number) * stride + (tap[i] as number) * dilation - head
      if (from < 0 || from >= size) offset = undefined
      if (offset !== undefined) offset = offset * size + from
    }
    visit(offset, tap)
  })
}

type Given = Omit<Axis, 'windows'>

function slide(axis: Given, ceil: boolean): Axis {
  const extent = (axis.kernel - 1) * axis.dilation + 1
  const padded = axis.size + axis.head + axis.tail
  if (padded < extent) throw new UnfitError('a window larger than the input')
  const windows = Math.floor((padded - extent) / axis.stride) + 1
  if (!ceil || (padded - extent) % axis.stride === 0) return { ...axis, windows }
  if (windows * axis.stride >= axis.size + axis.head) throw new UnfitError('a last window beyond the input')
  return { ...axis, windows: windows + 1 }
}

function same(axis: Given, upper: boolean): Axis {
  const windows = Math.ceil(axis.size / axis.stride)
  const covered = (windows - 1) * axis.stride + axis.kernel
  if (axis.dilation !== 1 || covered < axis.size) throw new UnfitError('SAME that leaves a part of the input out')
  const head = upper ? Math.floor((covered - axis.size) / 2) : Math.ceil((covered - axis.size) / 2)
  return { ...axis, windows, head, tail: covered - axis.size - head }
}
