import { describe, expect, it } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { randomFrom } from '../../demo/random.ts'
import { infer } from '../../node/infer.ts'
import { MAX_INLINE_BYTES, sha256Hex } from '../../node/payload.ts'
import { encodeTensors } from '../../protocol/tensor.ts'

describe.each(demoModels().map((model) => [model.name, model] as const))('%s', (name, model) => {
  it('makes the same input for the same seed and another one for another seed', () => {
    const seeds = [1, 2, 3, '1', 'a', 'b']
    const inputs = seeds.map((seed) => sha256Hex(encodeTensors(model.input(seed))))
    expect(seeds.map((seed) => sha256Hex(encodeTensors(model.input(seed))))).toEqual(inputs)
    // The number 1 and the text 1 are the same seed.
    expect(new Set(inputs).size).toBe(seeds.length - 1)
  })

  it('runs on them and gives outputs that differ from input to input', async () => {
    const bytes = readDemoModel(model)
    expect(sha256Hex(bytes)).toBe(model.modelHash)
    const outputs = new Set<string>()
    for (let seed = 0; seed < 10; seed++)
      outputs.add(sha256Hex(encodeTensors(await infer({ model: bytes, inputs: model.input(seed) }))))
    expect(outputs.size).toBe(10)
  })

  it('has outputs that fit on chain, and inputs of the expected size', async () => {
    const inputs = model.input(1)
    const outputs = await infer({ model: readDemoModel(model), inputs })
    expect(encodeTensors(outputs).length).toBeLessThanOrEqual(MAX_INLINE_BYTES)
    expect(encodeTensors(inputs).length <= MAX_INLINE_BYTES).toBe(name === 'silero_vad')
  })
})

describe('randomFrom', () => {
  it('repeats itself for the same seed only', () => {
    const numbers = (seed: number | string) => {
      const random = randomFrom(seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(numbers('a')).toEqual(numbers('a'))
    expect(numbers('a/1')).not.toEqual(numbers('a/2'))
    expect(numbers(1)).not.toEqual(numbers(2))
  })

  it('is even: all tenths are hit about as often, normal numbers have mean 0 and deviation 1', () => {
    const random = randomFrom(7)
    const tenths = new Array(10).fill(0)
    for (let i = 0; i < 20_000; i++) tenths[random.below(10)]++
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200)
    let [sum, squares] = [0, 0]
    for (let i = 0; i < 20_000; i++) {
      const value = random.normal()
      sum += value
      squares += value * value
    }
    expect(Math.abs(sum / 20_000)).toBeLessThan(0.03)
    expect(Math.abs(squares / 20_000 - 1)).toBeLessThan(0.05)
  })
})
