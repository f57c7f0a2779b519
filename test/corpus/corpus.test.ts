import { afterAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../node/payload.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { cheats } from './cheats.ts'
import { falseClaims, honestClaims, sameBits } from './claims.ts'
import { distances } from './distances.ts'
import { hostileModels } from './hostile.ts'
import { float32, floats } from './inputs.ts'
import { corpusModel, corpusModels } from './models.ts'
import { mutants } from './mutate.ts'
import { canonical, closeVariants, openVariant, variants } from './variants.ts'

afterAll(closeVariants)

const quick = ['hello_deepa_old', 'silero_op15', 'embedding'].map(corpusModel)

describe('the models', () => {
  it('cover convolutions, recurrence, attention, dense layers and int8, and make more than 10,000 honest claims', () => {
    expect(new Set(corpusModels.map(({ family }) => family)).size).toBe(5)
    expect(corpusModels.reduce((sum, { claims }) => sum + claims, 0)).toBeGreaterThan(10_000)
  })

  it.each(corpusModels)('$name gives different outputs for different inputs, also as another model', async (model) => {
    const session = await openVariant(canonical, model.file())
    const other = await openVariant(canonical, model.swap())
    const inputs = [1, 2, '2'].map(model.input)
    const [a, b, again] = await Promise.all(inputs.map(session.run))
    const swapped = await other.run(inputs[0] as never)
    await Promise.all([session.release(), other.release()])
    if (!a || !b || !again) throw new Error('no outputs')
    expect(sameBits(a, b)).toBe(false)
    expect(sameBits(b, again)).toBe(true)
    expect(sameBits(a, swapped)).toBe(false)
    for (const name of model.squashed.keys()) expect(a.has(name)).toBe(true)
    expect([...swapped.keys()]).toEqual([...a.keys()])
  })
})

describe('honest claims', () => {
  it('come from every variant, each within a thousandth of the canonical one', async () => {
    const made = new Set<string>()
    const session = new Map(
      await Promise.all(quick.map(async (one) => [one.name, await openVariant(canonical, one.file())] as const)),
    )
    for await (const { model, inputs, outputs, made: by } of honestClaims({ seed: 1, models: quick, share: 0.04 })) {
      if ('variant' in by) made.add(by.variant)
      const reference = await session.get(model.name)?.run(inputs)
      expect(distances(outputs, reference ?? new Map(), model).plain).toBeLessThan(1e-3)
    }
    expect(made).toEqual(new Set(variants.map(({ name }) => name)))
  })

  it('are the same for the same seed', async () => {
    const ids = async (seed: number) => {
      const claims: string[] = []
      for await (const { id, inputs, outputs } of honestClaims({
        seed,
        models: quick,
        variants: [canonical],
        share: 0.01,
      }))
        claims.push(`${id} ${sha256Hex(encodeTensors(inputs))} ${sha256Hex(encodeTensors(outputs))}`)
      return claims
    }
    const first = await ids(1)
    expect(await ids(1)).toEqual(first)
    expect(await ids(2)).not.toEqual(first)
  })
})

describe('false claims', () => {
  it('are never the honest bits, and every kind of cheat makes some', async () => {
    const made = new Set<string>()
    for await (const { outputs, honest, made: by } of falseClaims({ seed: 1, each: 3, models: quick })) {
      made.add(by.cheat)
      expect(sameBits(outputs, honest)).toBe(false)
    }
    expect(cheats.map(({ name }) => name).filter((name) => !made.has(name))).toEqual([])
  })
})

describe('mutants', () => {
  it('are the same for the same seed, and nearly all differ from their parents and each other', () => {
    const hashes = (seed: number) => [...mutants(60, seed)].map(({ model }) => sha256Hex(model))
    const first = hashes(1)
    expect(hashes(1)).toEqual(first)
    expect(new Set([...first, ...hashes(2)]).size).toBeGreaterThan(110)
  })
})

describe('hostile models', () => {
  it('have names of their own', () => {
    const names = hostileModels().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('distances', () => {
  const output = (...values: number[]) => new Map([['p', float32([values.length], Float32Array.from(values))]])
  const sigmoid = { squashed: new Map([['p', 'sigmoid']] as const) }

  it('shows in logit space what a saturated sigmoid hides', () => {
    const { plain, logit } = distances(output(0.9991), output(0.999), sigmoid)
    expect(plain).toBeLessThan(1.1e-4)
    expect(logit).toBeGreaterThan(1e-2)
  })

  it('is nothing where rounding alone can explain it, and infinite where a number is none', () => {
    expect(distances(output(1), output(1 - 2 ** -22), sigmoid).logit).toBe(0)
    expect(distances(output(Number.NaN), output(0.5), sigmoid).plain).toBe(Number.POSITIVE_INFINITY)
    expect(floats(output(0.5).get('p') as never)[0]).toBe(0.5)
  })
})
