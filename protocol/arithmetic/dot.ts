import { HUGE } from './fixed.ts'

/** A sum of products of float32 numbers, exact but for what lies below 2⁻¹²⁰ in each product. */
export class Dot {
  /** in fixed point with 120 fractional bits */
  sum = 0n
  /** sum of the products' absolute values */
  size = 0n
  /** what hardware that takes subnormal operands for zero would leave out */
  slack = 0n
  /** whether an operand was NaN or infinite, or a product too large: then nothing can be said */
  open = false

  /** Adds the product of two float32 numbers, given by their bits. Mirrors `contracts/src/arithmetic/Dots.sol`. */
  add(x: number, y: number): void {
    const ex = (x >>> 23) & 0xff
    const ey = (y >>> 23) & 0xff
    const mx = (x & 0x7fffff) | (ex === 0 ? 0 : 0x800000)
    const my = (y & 0x7fffff) | (ey === 0 ? 0 : 0x800000)
    const e = Math.max(ex, 1) + Math.max(ey, 1)
    if (ex === 0xff || ey === 0xff || e > 380) {
      this.open = true
      return
    }
    if (mx === 0 || my === 0) return
    // 48 bits, exact in a double.
    const exact = BigInt(mx * my)
    const product = e >= 180 ? exact << BigInt(e - 180) : exact >> BigInt(180 - e)
    this.size += product
    // 2¹²⁷: honest hardware may overflow on the way, whatever the sum comes to in the end.
    if (this.size >= HUGE) this.open = true
    if (ex === 0 || ey === 0) this.slack += product
    this.sum += (x ^ y) < 0 ? -product : product
  }
}
