import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dishonestAnswerer, forgedOutputs, MARGIN } from '../../demo/cheats/answerer.ts'
import type { Cheat } from '../../demo/cheats/cheat.ts'
import { fp16 } from '../../demo/cheats/fp16-weights.ts'
import { cheats } from '../../demo/cheats/index.ts'
import { int8 } from '../../demo/cheats/int8-weights.ts'
import { swapTop } from '../../demo/cheats/swapped-label.ts'
import { distance, floatsOf, withFloats } from '../../demo/distance.ts'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { type AnswerRequest, honestAnswerer } from '../../node/answerer.ts'
import { infer, inferAll } from '../../node/infer.ts'
import { sha256Hex } from '../../node/payload.ts'
import { commitTrace } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'

const files = new Map(demoModels().map((model) => [model.name, readDemoModel(model)]))

function requestFor(demoModel: DemoModel, seed: number | string): AnswerRequest {
  const requestId = sha256Hex(Buffer.from(`${demoModel.name}/${seed}`))
  return {
    ...{ requestId, modelId: requestId, modelHash: demoModel.modelHash, precision: demoModel.precision },
    model: files.get(demoModel.name) as Uint8Array,
    tolerance: Number(demoModel.tolerance) / 1e18,
    inputs: demoModel.input(seed),
  }
}

const modelNamed = (name: string) => demoModels().find((model) => model.name === name) as DemoModel
const bytesOf = (outputs: NamedTensors) => Buffer.from(encodeTensors(outputs))

const suited = cheats.flatMap((cheat) => cheat.suits.map((name) => [cheat.name, name, cheat] as const))

describe.each(suited)('%s on %s', (name, modelName, cheat) => {
  const model = modelNamed(modelName)

  it('is always beyond the margin, under its own name', async () => {
    for (let seed = 0; seed < 8; seed++) {
      const request = requestFor(model, seed)
      const answer = await dishonestAnswerer(cheat).answer(request)
      expect(answer.dishonest).toBe(name)
      const honest = await infer(request)
      expect(distance(answer.outputs, honest, model.squashing)).toBeGreaterThan(MARGIN * request.tolerance)
    }
  })

  it('answers the same request in the same way again', async () => {
    const request = requestFor(model, 'again')
    const [first, second] = [
      await dishonestAnswerer(cheat).answer(request),
      await dishonestAnswerer(cheat).answer(request),
    ]
    expect(bytesOf(first.outputs)).toEqual(bytesOf(second.outputs))
  })

  it('claims a trace of all operators that ends in what it posts', async () => {
    const request = requestFor(model, 'trace')
    const answer = await dishonestAnswerer(cheat).answer(request)
    const { trace, root } = await answer.trace()
    const { graph } = committedModel(request.model)
    expect(commitTrace(graph, trace).root).toBe(root)
    const claimed = new Map(trace.map((entry) => [entry.name, entry.tensor]))
    const ends = new Map(graph.outputs.map((output) => [output.name, claimed.get(output.name) as Tensor]))
    expect(bytesOf(ends)).toEqual(bytesOf(answer.outputs))
    expect(Buffer.from(claimed.get('\0output')?.data ?? [])).toEqual(bytesOf(answer.outputs))
  })
})

it('covers every cheat and every model', () => {
  expect(new Set(suited.map(([cheat]) => cheat)).size).toBe(cheats.length)
  expect(new Set(suited.map(([, model]) => model)).size).toBe(demoModels().length)
  expect(cheats.filter(({ reveals }) => !reveals).map(({ name }) => name)).toEqual(['silent'])
  expect(cheats.filter(({ publishes }) => !publishes).map(({ name }) => name)).toEqual(['silent', 'withholder'])
})

describe('a cheat that changes nothing that matters', () => {
  const harmless: Cheat = {
    ...{ name: 'harmless', about: '', suits: [], reveals: true, publishes: true },
    forge: ({ model, inputs }) => ({ model, inputs }),
  }
  const broken: Cheat = {
    ...harmless,
    name: 'broken',
    forge: () => {
      throw new Error('cannot')
    },
  }

  it.each([harmless, broken])('is made coarser, and says so: $name', async (cheat) => {
    const request = requestFor(modelNamed('hello_deepa'), 1)
    const answer = await dishonestAnswerer(cheat).answer(request)
    expect(answer.dishonest).toBe(`${cheat.name}+noise`)
    expect(distance(answer.outputs, await infer(request))).toBeGreaterThan(MARGIN * request.tolerance)
  })

  it('is not posted when nothing can be told apart at all', async () => {
    const request = { ...requestFor(modelNamed('hello_deepa'), 1), tolerance: 1 }
    await expect(dishonestAnswerer(harmless).answer(request)).rejects.toThrow('no cheat tells')
  })

  it('happens: fp16 weights of hello_deepa, which is why they do not suit it', async () => {
    const fp16Weights = cheats.find(({ name }) => name === 'fp16-weights') as Cheat
    const distances = await Promise.all(
      Array.from({ length: 20 }, async (_, seed) => {
        const request = requestFor(modelNamed('hello_deepa'), seed)
        return distance((await forgedOutputs(fp16Weights, request)).outputs, await infer(request)) / request.tolerance
      }),
    )
    expect(distances.filter((d) => d <= MARGIN).length).toBeGreaterThan(0)
  })
})

it('one-operator lies in one tensor alone: all else follows from what is before it', async () => {
  const request = requestFor(modelNamed('hello_deepa'), 'one operator')
  const { model, inputs } = request
  const oneOperator = cheats.find(({ name }) => name === 'one-operator') as Cheat
  const { forgery, outputs } = await forgedOutputs(oneOperator, request)
  const [[lie, lied]] = [...(forgery.forced as NamedTensors)] as [[string, Tensor]]
  const all = await inferAll({ model, inputs }, forgery.forced)
  expect(all.get(lie)).toEqual(lied)
  for (const [name, tensor] of outputs) expect(all.get(name)).toEqual(tensor)
  const honest = await inferAll({ model, inputs })
  const changed = [...all.keys()].filter(
    (name) => Buffer.compare(all.get(name)?.data ?? lied.data, honest.get(name)?.data ?? lied.data) !== 0,
  )
  // In topological order nothing is changed before the lie.
  expect(changed[0]).toBe(lie)
})

describe('an honest answer', () => {
  it.each(demoModels().map((model) => [model.name, model]))(
    'of %s ends its trace in what it posts',
    async (_, model) => {
      const request = requestFor(model, 'honest')
      const answer = await honestAnswerer.answer(request)
      const claimed = new Map((await answer.trace()).trace.map((entry) => [entry.name, entry.tensor]))
      for (const [name, tensor] of answer.outputs) expect(claimed.get(name)).toEqual(tensor)
      expect(answer).toMatchObject({ dishonest: null, reveal: true, publishes: true })
    },
  )

  it('is the same with and without the intermediates exposed', async () => {
    const { model, inputs } = requestFor(modelNamed('ocr_cls'), 'bits')
    const traced = await inferAll({ model, inputs })
    for (const [name, tensor] of await infer({ model, inputs })) expect(traced.get(name)).toEqual(tensor)
  })
})

describe('fp16', () => {
  it.each([
    [0, 0],
    [1, 1],
    [0.1, 0.0999755859375],
    [1 / 3, 0.333251953125],
    [65504, 65504],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-65520, Number.NEGATIVE_INFINITY],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 2 ** -24],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
  ])('rounds %d to %d', (value, rounded) => {
    expect(fp16(value)).toBe(rounded)
  })

  it('is off by half a unit in the eleventh bit at most, is odd, and does not change what it rounded', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -14, max: 65504, noNaN: true }), (value) => {
        const rounded = fp16(value)
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(value * 2 ** -11)
        expect(fp16(rounded)).toBe(rounded)
        expect(fp16(-value)).toBe(-rounded)
      }),
    )
  })
})

it('int8 leaves 255 values at most and the largest as it is', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }),
      (values) => {
        const rounded = int8(values)
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        for (const [i, value] of values.entries())
          expect(Math.abs((rounded[i] as number) - value)).toBeLessThanOrEqual(largest / 254 + largest * 1e-6)
      },
    ),
  )
})

describe('swapTop', () => {
  const floats = (...values: number[]): Tensor =>
    withFloats({ dtype: 'float32', dims: [values.length], data: new Uint8Array() }, Float32Array.from(values))

  it('exchanges the two largest numbers, or yes and no', () => {
    expect([...floatsOf(swapTop(new Map([['y', floats(1, 5, 3)]])).get('y') as Tensor)]).toEqual([1, 3, 5])
    expect([...floatsOf(swapTop(new Map([['y', floats(0.25)]])).get('y') as Tensor)]).toEqual([0.75])
  })

  it('touches the smallest output only', () => {
    const state = floats(1, 2, 3)
    expect(
      swapTop(
        new Map([
          ['state', state],
          ['y', floats(0.25)],
        ]),
      ).get('state'),
    ).toBe(state)
  })
})
