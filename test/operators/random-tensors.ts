import { type Random, randomFrom } from '../../demo/random.ts'
import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import { type DType, dtypes, elementCount, type Tensor } from '../../protocol/tensor.ts'

/** Special values of float32: zeros, subnormal and extreme numbers, infinities, NaNs. */
const SPECIAL = [
  0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
  0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x3f800000, 0xbf800000, 0x33800000,
]

/**
 * Draws the bits of a float32: mostly of everyday size, sometimes of any size, sometimes special.
 *
 * @param strange how often something else than an everyday number
 */
export function floatBits(random: Random, strange = 0.05): number {
  const kind = random.next()
  if (kind < strange / 2) return SPECIAL[Math.floor(random.next() * SPECIAL.length)] as number
  if (kind < strange) return Math.floor(random.next() * 2 ** 32)
  return bitsOf(random.normal() * 10 ** (2 * random.normal() - 0.5))
}

/** A float32 tensor of drawn numbers. */
export function floats(random: Random, dims: readonly number[], strange?: number): Tensor {
  const bits = Uint32Array.from({ length: elementCount(dims) }, () => floatBits(random, strange))
  return { dtype: 'float32', dims, data: new Uint8Array(bits.buffer) }
}

/** A tensor of whole numbers. */
export function wholes(dtype: DType, dims: readonly number[], values: readonly (bigint | number)[]): Tensor {
  const { bytes: width } = dtypes[dtype]
  const data = new Uint8Array(values.length * width)
  for (const [i, value] of values.entries())
    for (let byte = 0; byte < width; byte++)
      data[i * width + byte] = Number((BigInt(value) >> BigInt(8 * byte)) & 0xffn)
  return { dtype, dims, data }
}

export { randomFrom }
