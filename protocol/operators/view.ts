import { type DType, dtypes, type Tensor } from '../tensor.ts'
import { UnfitError } from './unfit.ts'

/** A tensor as an operator's check reads it; keeps count of what was read, which is what a proof must show. */
export class View {
  readonly dtype: DType
  readonly dims: readonly number[]
  /** row-major indices of the elements that were read */
  readonly read = new Set<number>()
  readonly #data: DataView
  readonly #width: number
  readonly #record: boolean

  /** @param options.record whether to keep count of what is read */
  constructor({ dtype, dims, data }: Tensor, { record = false } = {}) {
    this.dtype = dtype
    this.dims = dims
    this.#data = new DataView(data.buffer, data.byteOffset, data.byteLength)
    this.#width = dtypes[dtype].bytes
    this.#record = record
  }

  /** Bits of the element at a row-major index, not sign-extended. */
  bits(index: number): bigint {
    this.#note(index)
    const at = index * this.#width
    switch (this.#width) {
      case 1:
        return BigInt(this.#data.getUint8(at))
      case 2:
        return BigInt(this.#data.getUint16(at, true))
      case 4:
        return BigInt(this.#data.getUint32(at, true))
      default:
        return this.#data.getBigUint64(at, true)
    }
  }

  /** Bits of a float32 element. */
  float(index: number): number {
    this.#note(index)
    return this.#data.getUint32(index * 4, true)
  }

  /** An element of a whole-number type. */
  whole(index: number): bigint {
    return signedOf(this.dtype, this.bits(index))
  }

  #note(index: number): void {
    if (this.#record) this.read.add(index)
  }
}

/** The bits of an element of a whole-number type as the number they mean. */
export function signedOf(dtype: DType, bits: bigint): bigint {
  return dtype.startsWith('int') ? BigInt.asIntN(8 * dtypes[dtype].bytes, bits) : bits
}

/** The input of this number. @throws UnfitError when it is left out, where the contract finds nothing to read */
export function given(inputs: readonly (View | undefined)[], input: number): View {
  const view = inputs[input]
  if (!view) throw new UnfitError(`input ${input} is left out`)
  return view
}

/** An axis as ONNX writes it (negative from the end) as a number from zero. */
export function axisOf(axis: bigint, rank: number): number {
  const from = axis < 0n ? axis + BigInt(rank) : axis
  if (from < 0n || from >= BigInt(rank)) throw new UnfitError(`axis ${axis} of a tensor of rank ${rank}`)
  return Number(from)
}

/** Dimensions of two tensors broadcast to each other as numpy does it, the last `skip` axes left at zero. */
export function broadcastDims(a: readonly number[], b: readonly number[], skip = 0): number[] {
  const rank = Math.max(a.length, b.length)
  const dims = new Array<number>(rank).fill(0)
  for (let i = skip; i < rank; i++) {
    const x = a[a.length - 1 - i] ?? 1
    const y = b[b.length - 1 - i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new UnfitError(`[${a}] and [${b}] do not broadcast`)
    dims[rank - 1 - i] = x === 1 ? y : x
  }
  return dims
}

/** Row-major index in a tensor of dimensions `from` of what is broadcast to `index` in one of dimensions `to`. */
export function broadcastIndex(to: readonly number[], from: readonly number[], index: number, skip = 0): number {
  let source = 0
  let step = 1
  let rest = index
  for (let i = skip; i < from.length; i++) {
    const target = to[to.length - 1 - i] as number
    const own = from[from.length - 1 - i] as number
    if (own !== 1) source += (rest % target) * step
    step *= own
    rest = Math.floor(rest / target)
  }
  return source
}

/** Row-major index as one coordinate an axis. */
export function unravel(dims: readonly number[], index: number): number[] {
  const at = new Array<number>(dims.length).fill(0)
  let rest = index
  for (let i = dims.length - 1; i >= 0; i--) {
    const size = dims[i] as number
    at[i] = rest % size
    rest = Math.floor(rest / size)
  }
  return at
}

/** Row-major index of these coordinates. */
export function ravel(dims: readonly number[], at: readonly number[]): number {
  return dims.reduce((index, size, axis) => index * size + (at[axis] as number), 0)
}
