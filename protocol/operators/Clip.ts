import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { elementCount } from '../tensor.ts'
import { NotProvableError, type OnnxOperator } from './operator.ts'
import { unary } from './unary.ts'
import { signedOf, View } from './view.ts'

/**
 * Clip: the nearest number between two bounds. Exact. Attributes: whether there is a lower bound, its bits, whether there
 * is an upper bound, its bits.
 *
 * Open where the lower bound is above the upper one: which of them wins was left open before operator set 13.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Clip.html
 */
export const Clip = unary(
  (x, { attributes }) => {
    const result = clip(attributes, x, (bits) => toFixed(Number(bits)))
    return result === undefined ? OPEN : around(result, 0n)
  },
  (node) => ({ attributes: [...bound(node, 1, 'min'), ...bound(node, 2, 'max')], inputs: [0] }),
  (x, dtype, { attributes }) => {
    const result = clip(attributes, x, (bits) => signedOf(dtype, bits))
    return result === undefined ? OPEN : exactly(wrap(dtype, result))
  },
)

function clip(attributes: readonly bigint[], x: bigint, read: (bits: bigint) => bigint | undefined) {
  const [hasLow, lowBits, hasHigh, highBits] = attributes as [bigint, bigint, bigint, bigint]
  const [low, high] = [read(lowBits), read(highBits)]
  if (low === undefined || high === undefined || (hasLow !== 0n && hasHigh !== 0n && low > high)) return undefined
  const raised = hasLow !== 0n && x < low ? low : x
  return hasHigh !== 0n && raised > high ? high : raised
}

/** Whether there is a bound, and its bits; an attribute before operator set 11, an input since. */
function bound(node: OnnxOperator, input: number, name: 'min' | 'max'): [bigint, bigint] {
  if (node.opset < 11) return finite(node.float(name))
  if (!node.has(input)) return [0n, 0n]
  const value = node.constant(input)
  if (!value) throw new NotProvableError(`${name} that is not a constant`)
  if (elementCount(value.dims) !== 1) throw new NotProvableError(`${name} that is not one number`)
  const bits = new View(value).bits(0)
  return value.dtype === 'float32' ? finite(Number(bits)) : [1n, bits]

  /** An infinite bound on its own side bounds nothing; any other that is no number is left to the arbiter. */
  function finite(bits: number | undefined): [bigint, bigint] {
    if (bits === undefined || bits === (name === 'min' ? 0xff80_0000 : 0x7f80_0000)) return [0n, 0n]
    if (toFixed(bits) === undefined) throw new NotProvableError(`${name} that is no number`)
    return [1n, BigInt(bits)]
  }
}
