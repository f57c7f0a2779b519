import { afterAll, describe, expect, it } from 'vitest'
import { fp16 } from '../../demo/cheats/fp16-weights.ts'
import { int8 } from '../../demo/cheats/int8-weights.ts'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { markdown, sizeOf } from './deviation.ts'
import { honestModels, type NamedModel } from './honest-traces.ts'
import { type Layer, layersOf, look, type Sight, spread, traceWith } from './one-layer.ts'

/** Elements that are looked at, of each layer under each bound. */
const SAMPLES = 200

const bounds = {
  'worst case': { rule: 'worstCase', lambda: 0 },
  'λ = 16': { rule: 'probabilistic', lambda: 16 },
  'λ = 8': { rule: 'probabilistic', lambda: 8 },
} as const satisfies Record<string, Terms>
type Bound = keyof typeof bounds
const boundNames = Object.keys(bounds) as Bound[]

const rewrites = {
  honest: (values: Float32Array) => values,
  fp16: (values: Float32Array) => values.map(fp16),
  int8,
}
type Rewrite = keyof typeof rewrites

interface Looked {
  readonly layer: Layer
  readonly rewrite: Rewrite
  readonly bound: Bound
  readonly sight: Sight
}
const looked: Looked[] = []

/** How many layers a model has, and of how many of them half precision is convicted under each bound. */
const expected = {
  ocr_cls: [54, { 'worst case': 54, 'λ = 16': 54, 'λ = 8': 54 }],
  silero_vad: [8, { 'worst case': 8, 'λ = 16': 8, 'λ = 8': 8 }],
  // The first layer's sums have 2,400 terms.
  hello_deepa: [3, { 'worst case': 2, 'λ = 16': 2, 'λ = 8': 2 }],
  embedding: [20, { 'worst case': 20, 'λ = 16': 20, 'λ = 8': 20 }],
} as const

describe.each(Object.keys(expected) as (keyof typeof expected)[])('one layer of %s', (name) => {
  it('in half precision is convicted, the surer the fewer terms its sums have; so it is in 8 bits', async () => {
    const model = honestModels.find((one) => one.name === name) as NamedModel
    for (const layer of layersOf(model)) await lookAt(model, layer)
    const all = looked.filter(({ layer }) => layer.model === name)
    const convicted = (rewrite: Rewrite) =>
      Object.fromEntries(boundNames.map((bound) => [bound, select(all, rewrite, bound).filter(isConvicted).length]))
    const [layers, fp16] = expected[name]
    const every = (count: number) => Object.fromEntries(boundNames.map((bound) => [bound, count]))
    expect(convicted('honest')).toEqual(every(0))
    expect(convicted('fp16')).toEqual(fp16)
    expect(convicted('int8')).toEqual(every(layers))
  }, 120_000)
})

afterAll(() => {
  const groups = new Set(looked.map(({ layer }) => `${layer.model}|${sizeOf(layer.terms)}`))
  const rows = [...groups].flatMap((group) => {
    const of = looked.filter(({ layer }) => `${layer.model}|${sizeOf(layer.terms)}` === group)
    return boundNames.map((bound) => {
      const honest = select(of, 'honest', bound).map(({ sight }) => sight)
      return [
        ...[...group.split('|'), bound, share(of, 'fp16', bound), least(of, 'fp16', bound)],
        ...[share(of, 'int8', bound), least(of, 'int8', bound)],
        spread(honest.flatMap(({ ofValue }) => ofValue)),
        spread(honest.flatMap(({ ofSize }) => ofSize)),
      ]
    })
  })
  const head = ['model', 'terms', 'bound', 'fp16: convicted', 'least visible', 'int8: convicted', 'least visible']
  console.log(markdown([...head, '½ width ÷ value: median, min', '½ width ÷ RMS: median, min'], rows))
})

async function lookAt(model: NamedModel, layer: Layer): Promise<void> {
  const inputs = model.input('sensitivity')
  for (const rewrite of Object.keys(rewrites) as Rewrite[]) {
    const trace = await traceWith(layer, inputs, rewrites[rewrite])
    for (const bound of boundNames)
      looked.push({ layer, rewrite, bound, sight: look(layer, trace, bounds[bound], SAMPLES) })
  }
}

function select(of: readonly Looked[], rewrite: Rewrite, bound: Bound): readonly Looked[] {
  return of.filter((one) => one.rewrite === rewrite && one.bound === bound)
}

function isConvicted({ sight }: Looked): boolean {
  return sight.convicted > 0
}

/** How many layers are convicted, of how many. */
function share(of: readonly Looked[], rewrite: Rewrite, bound: Bound): string {
  const layers = select(of, rewrite, bound)
  return `${layers.filter(isConvicted).length} of ${layers.length}`
}

/** How far out the farthest element is, in half widths, in the layer where that is least. */
function least(of: readonly Looked[], rewrite: Rewrite, bound: Bound): string {
  const farthest = select(of, rewrite, bound).map(({ sight }) => sight.farthest)
  return farthest.reduce((a, b) => Math.min(a, b)).toPrecision(2)
}
