import { dtypes, elementCount, type Tensor } from '../tensor.ts'

/**
 * The axis that is stored last: the last one where `axis` names none that the tensor has. Mirrors `Views.storedLast`.
 *
 * @param axis negative counts from the end
 */
export function storedLast(axis: number, rank: number): number {
  const from = axis < 0 ? rank + axis : axis
  return from < 0 || from >= rank ? Math.max(rank - 1, 0) : from
}

/** Stored position of the element at a row-major index: that of the tensor with one axis moved to the end. */
export function positionOf(dims: readonly number[], axis: number, index: number): number {
  const last = storedLast(axis, dims.length)
  if (last + 1 >= dims.length) return index
  const size = dims[last] as number
  const inner = elementCount(dims.slice(last + 1))
  const rest = index % inner
  const outer = Math.floor(index / inner)
  return (Math.floor(outer / size) * inner + rest) * size + (outer % size)
}

/** The tensor's bytes with one axis moved to the end: elements that are read together shall lie together. */
export function stored({ dtype, dims, data }: Tensor, axis: number): Uint8Array {
  const last = storedLast(axis, dims.length)
  // Without elements other dimensions may be anything: a stranger's [2^32 - 1, 2^32 - 1, 0] would take years to walk.
  if (last + 1 >= dims.length || data.length === 0) return data
  const { bytes: width } = dtypes[dtype]
  const size = dims[last] as number
  const inner = elementCount(dims.slice(last + 1))
  const outer = elementCount(dims.slice(0, last))
  const moved = new Uint8Array(data.length)
  for (let before = 0, from = 0; before < outer; before++)
    for (let own = 0; own < size; own++)
      for (let rest = 0; rest < inner; rest++, from += width) {
        const to = ((before * inner + rest) * size + own) * width
        for (let byte = 0; byte < width; byte++) moved[to + byte] = data[from + byte] as number
      }
  return moved
}
