/**
 * How others write numbers for OpenGradient's chain, after what their public software does, and sharing nothing with
 * `networks/`: the Python SDK writes inputs, nodes write outputs. `sdk-numbers.test.ts` holds it against Python itself.
 */

/** What Python's `int128` pairs come to. */
export interface SdkNumber {
  value: bigint
  decimals: bigint
}

/** Thrown where Python throws: for NaN and infinities, and for what no longer fits its integers. */
export class SdkError extends Error {
  override name = 'SdkError'
}

/** `Decimal(str(numpy.float32(x))).normalize()` as the SDK takes it apart: the shortest text that gives the float32 back. */
export function inputOfFloat32(x: number): SdkNumber {
  refuseSpecial(x)
  for (let digits = 1; digits < 9; digits++) {
    const text = x.toPrecision(digits)
    if (Math.fround(Number(text)) === x) return bounded(parts(text), 64)
  }
  return bounded(parts(x.toPrecision(9)), 64)
}

/** The same of a Python float: 17 digits at most. */
export function inputOfFloat64(x: number): SdkNumber {
  refuseSpecial(x)
  return bounded(parts(x.toExponential()), 64)
}

/** `Decimal(str(int(x))).normalize()`. */
export function inputOfInteger(x: bigint): SdkNumber {
  return bounded(parts(x.toString()), 64)
}

/** `Decimal(float(x)).normalize()`: every digit there is, rounded to 28. For float32 and float64. */
export function outputOfFloat(x: number): SdkNumber {
  refuseSpecial(x)
  // Every float is m · 2^-1074, hence m · 5^1074 · 10^-1074.
  let size = Math.abs(x)
  let down = 1074
  while (size >= 2 ** -1021 && down > 0 && !Number.isInteger(size)) {
    size *= 2
    down--
  }
  const scaled = Number.isInteger(size) ? BigInt(size) : subnormal(size)
  const halvings = Number.isInteger(size) ? 1074 - down : 1074
  const digits = (scaled * 5n ** BigInt(halvings)).toString()
  const { significand, exponent } = to28(digits, -halvings)
  return bounded(parts(`${x < 0 ? '-' : ''}${significand}e${exponent}`), 128)
}

/** An integer output: as it is. */
export function outputOfInteger(x: bigint): SdkNumber {
  return { value: x, decimals: 0n }
}

function subnormal(size: number): bigint {
  return BigInt(Math.round(size / Number.MIN_VALUE))
}

function to28(digits: string, exponent: number): { significand: string; exponent: number } {
  const over = digits.length - 28
  if (over <= 0) return { significand: digits, exponent }
  const tail = digits.slice(28)
  const half = `5${'0'.repeat(over - 1)}`
  let kept = BigInt(digits.slice(0, 28))
  if (tail > half || (tail === half && kept % 2n === 1n)) kept += 1n
  return { significand: kept.toString(), exponent: exponent + over }
}

function parts(text: string): SdkNumber {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  let value = BigInt(whole + fraction)
  let exponent = Number(power) - fraction.length
  if (value === 0n) return { value, decimals: 0n }
  while (value % 10n === 0n) {
    value /= 10n
    exponent++
  }
  return exponent >= 0
    ? { value: value * 10n ** BigInt(exponent), decimals: 0n }
    : { value, decimals: BigInt(-exponent) }
}

function bounded(number: SdkNumber, bits: number): SdkNumber {
  if (BigInt.asIntN(bits, number.value) !== number.value) throw new SdkError(`more than ${bits} bits`)
  return number
}

function refuseSpecial(x: number): void {
  if (!Number.isFinite(x)) throw new SdkError('Decimal has no integer exponent for it')
}
