import { aroundDot, MAX_TERMS, times } from '../arithmetic/bounds.ts'
import { Dot, FLOAT_ONE } from '../arithmetic/dot.ts'
import { abs, mul } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { OPEN } from '../arithmetic/range.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { broadcastIndex, given } from './view.ts'

/** 2⁶⁰. Where alpha or beta scales something, larger numbers are left open: then nothing on the way overflows. */
const LARGE = 1n << 180n
const ONE = BigInt(FLOAT_ONE)

/**
 * Gemm: alpha · A · B + beta · C, of float32 matrices. Attributes: bits of alpha, bits of beta, transA, transB.
 *
 * Bound: γ of the depth, one more for C, two more for an alpha and two for a beta that is not one, since a kernel may
 * scale before or after it adds. A kernel that multiplies an operand by alpha first may lose what falls below 2⁻¹²⁶
 * there: that is added, 2⁻¹²⁶ · Σ(|a| + |b|).
 *
 * @see https://onnx.ai/onnx/operators/onnx__Gemm.html
 */
export const Gemm: Operator = {
  canonical: (node) => ({
    attributes: [
      BigInt(node.float('alpha') ?? FLOAT_ONE),
      BigInt(node.float('beta') ?? FLOAT_ONE),
      node.int('transA') ? 1n : 0n,
      node.int('transB') ? 1n : 0n,
    ],
    inputs: [0, 1, node.has(2) ? 2 : -1],
  }),
  reads(input, attributes) {
    if (input > 1) return anyOrder
    const transposed = attributes[2 + input] !== 0n
    return { axis: transposed === (input === 0) ? -2 : -1, weight: 100 }
  },
  shape({ attributes, inputs }) {
    const a = given(inputs, 0).dims
    const b = given(inputs, 1).dims
    const [ta, tb] = transposed(attributes)
    if (a.length !== 2 || b.length !== 2 || a[1 - ta] !== b[tb]) throw new UnfitError(`[${a}] times [${b}]`)
    const dims = [a[ta] as number, b[1 - tb] as number]
    const c = inputs[2]?.dims ?? []
    if (c.length > 2 || !c.every((size, i) => size === 1 || size === dims[2 - c.length + i]))
      throw new UnfitError(`[${c}] added to [${dims}]`)
    return { dtype: 'float32', dims }
  },
  element(query) {
    const { terms, attributes, inputs, dims, index } = query
    const [a, b, c] = [given(inputs, 0), given(inputs, 1), inputs[2]]
    const [alpha, beta] = attributes as [bigint, bigint]
    const depth = a.dims[1 - transposed(attributes)[0]] as number
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || depth > MAX_TERMS) return OPEN
    if (c && c.dtype !== 'float32') return OPEN

    const { dot, reach } = product(query, depth)
    if (!dot.open) scale(dot, alpha, reach)
    if (!c) return aroundDot(terms, dot, depth + roundings(alpha))

    const addend = new Dot()
    addend.add(c.float(broadcastIndex(dims, c.dims, index)), FLOAT_ONE)
    if (!addend.open) scale(addend, beta, addend.size)
    if (dot.open || addend.open) return OPEN
    dot.sum += addend.sum
    dot.size += addend.size
    dot.slack += addend.slack
    return aroundDot(terms, dot, depth + 1 + roundings(alpha) + roundings(beta))
  },
}

/** The row of A times the column of B; `reach` is Σ(|a| + |b|), where alpha makes it matter. */
function product({ attributes, inputs, dims, index }: Query, depth: number): { dot: Dot; reach: bigint } {
  const [a, b] = [given(inputs, 0), given(inputs, 1)]
  const [ta, tb] = transposed(attributes)
  const [rows, columns] = dims as [number, number]
  const row = Math.floor(index / columns)
  const column = index % columns
  const dot = new Dot()
  const sizes = new Dot()
  for (let k = 0; k < depth; k++) {
    const x = a.float(ta === 1 ? row + k * rows : row * depth + k)
    const y = b.float(tb === 1 ? column * depth + k : column + k * columns)
    dot.add(x, y)
    if (attributes[0] === ONE) continue
    sizes.add(x, FLOAT_ONE)
    sizes.add(y, FLOAT_ONE)
  }
  if (sizes.open) dot.open = true
  return { dot, reach: sizes.size }
}

/**
 * Multiplies by a float32. Fixed point loses less than 2⁻¹²⁰ of the factor, which is more than hardware that flushes a
 * subnormal factor to zero loses, and less than 2⁻¹⁰⁰ of all products; `reach` times 2⁻¹²⁶ is lost where the operands
 * are scaled first.
 */
function scale(dot: Dot, bits: bigint, reach: bigint): void {
  if (bits === ONE) return
  const factor = toFixed(Number(bits))
  if (factor === undefined || abs(factor) >= LARGE || dot.size >= LARGE || reach >= LARGE) {
    dot.open = true
    return
  }
  const size = abs(factor)
  dot.slack = times(dot.slack, size) + (dot.size >> 120n) + (size >> 100n) + (reach >> 120n) + 4n
  dot.sum = mul(dot.sum, factor)
  dot.size = times(dot.size, size)
}

function roundings(factor: bigint): number {
  return factor === ONE ? 0 : 2
}

function transposed(attributes: readonly bigint[]): [number, number] {
  return [attributes[2] === 0n ? 0 : 1, attributes[3] === 0n ? 0 : 1]
}
