// Prints what tolerances have to be: how far honest variants are apart, and how far cheats are from them.
//
//   node --import tsx test/corpus/measure.ts [inputs a model, 100 if not given] [part of a model's name]

import { randomFrom } from '../../demo/random.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { toyModel } from '../replay/models.ts'
import { cheats } from './cheats.ts'
import { falseClaims, sameBits } from './claims.ts'
import { type Distances, distances, UNIT } from './distances.ts'
import { float32, floats } from './inputs.ts'
import { type CorpusModel, corpusModels } from './models.ts'
import { canonical, closeVariants, openVariant, type Variant, variants } from './variants.ts'

/** The variants that a watcher runs itself to see how far honest machines are apart. */
const local = new Set(['node basic', 'node all', 'node disabled, no prepacking', 'web disabled'])

const inputCount = Number(process.argv[2] ?? 100)
const models = corpusModels.filter(({ name }) => name.includes(process.argv[3] ?? ''))
/** Few of the models that take long. */
const countFor = ({ claims }: CorpusModel) =>
  Math.min(inputCount, Math.max(10, Math.round((inputCount * claims) / 500)))

await squashing()
for (const model of models) await dishonest(model, await honest(model))
await closeVariants()

/** The error of Sigmoid and Softmax themselves, on the same arguments, against double precision. */
async function squashing(): Promise<void> {
  console.log('Error of the operator itself, in units of 2^-24: Sigmoid absolute; Softmax relative ÷ (1 + |log p|)')
  const random = randomFrom('squashing')
  const [rows, columns] = [40, 2500]
  const values = Float32Array.from({ length: rows * columns }, () => random.between(-20, 20))
  const inputs: NamedTensors = new Map([['x', float32([rows, columns], values)]])
  for (const variant of variants) {
    const errors = await Promise.all(
      ['Sigmoid', 'Softmax'].map(async (opType) => {
        const session = await openVariant(variant, toyModel([{ opType, input: ['x'], output: ['y'] }], {}))
        const [made] = (await session.run(inputs)).values()
        await session.release()
        if (!made) throw new Error('no output')
        return opType === 'Sigmoid' ? sigmoidError(values, floats(made)) : softmaxError(values, floats(made), columns)
      }),
    )
    row('', variant.name, ...errors.map((error) => error.toFixed(2)))
  }
}

function sigmoidError(x: Float32Array, y: Float32Array): number {
  return Math.max(...Array.from(y, (p, i) => Math.abs(p - 1 / (1 + Math.exp(-(x[i] as number)))))) / UNIT
}

function softmaxError(x: Float32Array, y: Float32Array, columns: number): number {
  let largest = 0
  for (let from = 0; from < x.length; from += columns) {
    const scores = x.subarray(from, from + columns)
    const most = scores.reduce((a, b) => Math.max(a, b))
    const log = Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0))
    for (const [i, score] of scores.entries()) {
      const exact = score - most - log
      const error = Math.abs(Math.log(y[from + i] as number) - exact)
      largest = Math.max(largest, error / (1 + Math.abs(exact)) / UNIT)
    }
  }
  return largest
}

/** How far apart the local variants are on each input, in the larger of the two distances. */
type Envelopes = readonly number[]

async function honest(model: CorpusModel): Promise<Envelopes> {
  const inputs = Array.from({ length: countFor(model) }, (_, i) => model.input(`measure/${i}`))
  const reference = await runAll(canonical, model, inputs)
  if (!reference) throw new Error('the canonical variant runs every model')
  console.log(`\n${model.name}: honest variants on ${inputs.length} inputs (largest; sigmoid, softmax in 2^-24)`)
  row('', 'variant', 'D', 'D logit', 'sigmoid', 'softmax', 'equal bits')
  const [within, outside] = [inputs.map(() => 0), inputs.map(() => 0)]
  for (const variant of variants.slice(1)) {
    const outputs = await runAll(variant, model, inputs)
    if (!outputs) {
      row('', variant.name, 'cannot load it')
      continue
    }
    const found = outputs.map((one, i) => distances(one, reference[i] as NamedTensors, model))
    const most = (key: keyof Distances) => found.reduce((largest, one) => Math.max(largest, one[key]), 0)
    const target = local.has(variant.name) ? within : outside
    for (const [i, one] of found.entries()) target[i] = Math.max(target[i] as number, larger(one))
    const equal = outputs.filter((one, i) => sameBits(one, reference[i] as NamedTensors)).length
    const units = [most('sigmoid'), most('softmax')].map((one) => one.toFixed(0))
    row('', variant.name, short(most('plain')), short(most('logit')), ...units, equal)
  }
  const { tolerance } = model
  const beyond = [within, outside].map((list) => list.filter((d) => d > tolerance).length)
  const wrong = outside.filter((d, i) => d > limit(tolerance, within[i])).length
  row('', 'local envelope, the others', short(Math.max(...within)), short(Math.max(...outside)))
  row('', 'registered; 8 × envelope', short(tolerance), short(8 * Math.max(...within)))
  row('', 'inputs beyond τ: local, others', ...beyond)
  row('', 'beyond max(τ, 8 × their envelope)', wrong)
  return within
}

function larger({ plain, logit }: Distances): number {
  return Math.max(plain, logit)
}

/** What a watcher holds against: the registered tolerance, or what honest machines differ by on this very input. */
function limit(tolerance: number, envelope = 0): number {
  return Math.max(tolerance, 8 * envelope)
}

async function runAll(variant: Variant, model: CorpusModel, inputs: NamedTensors[]) {
  const session = await openVariant(variant, model.file()).catch(() => undefined)
  if (!session) return undefined
  const outputs: NamedTensors[] = []
  for (const one of inputs) outputs.push(await session.run(one))
  await session.release()
  return outputs
}

async function dishonest(model: CorpusModel, envelopes: Envelopes): Promise<void> {
  const { tolerance } = model
  const each = countFor(model)
  console.log(
    `\n${model.name}: cheats on ${each} inputs, in tolerances of ${short(tolerance)}; caught by D, by the larger`,
  )
  console.log('of D and D logit, and by that with eight times the envelope of the input; of how many; without effect')
  row('', 'cheat', 'D least', 'D median', 'logit least', 'logit med.', 'D', 'or logit', 'envelope', 'of', 'no cheat')
  const found = new Map<string, { distance: Distances; envelope: number | undefined }[]>()
  const same = new Map<string, number>()
  const claims = falseClaims({
    ...{ seed: 'measure', each, models: [model] },
    onSkip: ({ by, reason }) => reason === 'same' && same.set(by, (same.get(by) ?? 0) + 1),
  })
  for await (const { id, made, outputs, honest } of claims) {
    const list = found.get(made.cheat) ?? []
    found.set(made.cheat, list)
    const envelope = envelopes[Number(id.split('/').at(-1))]
    list.push({ distance: distances(outputs, honest, model), envelope })
  }
  for (const { name } of cheats) {
    const list = found.get(name)
    if (!list) {
      row('', name, ...Array(7).fill('-'), 0, same.get(name) ?? 0)
      continue
    }
    const figures = (['plain', 'logit'] as const).flatMap((key) => {
      const sorted = list.map(({ distance }) => distance[key] / tolerance).sort((a, b) => a - b)
      return [sorted[0], sorted[Math.floor(sorted.length / 2)]].map((one) => short(one as number))
    })
    const shares = [
      list.filter(({ distance }) => distance.plain > tolerance),
      list.filter(({ distance }) => larger(distance) > tolerance),
      list.filter(({ distance, envelope }) => larger(distance) > limit(tolerance, envelope)),
    ].map((caught) => percent(caught.length, list))
    row('', name, ...figures, ...shares, list.length, same.get(name) ?? 0)
  }
}

function percent(count: number, { length }: unknown[]): string {
  return `${((100 * count) / length).toFixed(count === length ? 0 : 1)} %`
}

function short(value: number): string {
  return value === 0 || !Number.isFinite(value) ? `${value}` : value.toExponential(1)
}

function row(...cells: (string | number)[]): void {
  console.log(cells.map((cell, i) => (i < 2 ? `${cell}`.padEnd(i * 38 + 1) : `${cell}`.padStart(12))).join(''))
}
