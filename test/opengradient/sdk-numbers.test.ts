import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inputOfFloat32, outputOfFloat, SdkError } from './sdk-numbers.ts'

/**
 * What Python 3 with numpy 2.4.6 printed for `Decimal(str(x)).normalize()` and `Decimal(float(x)).normalize()`: bits, then
 * value and decimals of each; null where the value exceeds 64 and 128 bits.
 */
const python: {
  float32: [number, string | null, number, string | null, number][]
  float64: [string, string, number][]
} = JSON.parse(readFileSync(new URL('./python-numbers.json', import.meta.url), 'utf8'))

const float32 = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0] as number

describe('the SDK’s numbers', () => {
  it.each(python.float32)('float32 of the bits %i are written as by Python', (bits, value, decimals, whole, places) => {
    const x = float32(bits)
    if (value === null) expect(() => inputOfFloat32(x)).toThrow(SdkError)
    else expect(inputOfFloat32(x)).toEqual({ value: BigInt(value), decimals: BigInt(decimals) })
    if (whole === null) expect(() => outputOfFloat(x)).toThrow(SdkError)
    else expect(outputOfFloat(x)).toEqual({ value: BigInt(whole), decimals: BigInt(places) })
  })

  it.each(python.float64)('float64 of the bits %s are written as by Python', (bits, value, decimals) => {
    const x = new Float64Array(BigUint64Array.of(BigInt(bits)).buffer)[0] as number
    expect(outputOfFloat(x)).toEqual({ value: BigInt(value), decimals: BigInt(decimals) })
  })
})
