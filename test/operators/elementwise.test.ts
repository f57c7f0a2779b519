import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { excludes, type Range } from '../../protocol/arithmetic/range.ts'
import { View } from '../../protocol/operators/view.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { closeVariants, openVariant, type Variant, variants } from '../corpus/variants.ts'
import { expectAgreement, ownElement, ownShape } from './agreement.ts'
import { beyond, shareOf } from './beyond.ts'
import { ChainOperators } from './chain-operators.ts'
import { caseOf, type Drawn, elementwise, randomCase, realisticCase, wholeCase } from './elementwise.ts'
import { modelOfOne } from './lone-operator.ts'
import { randomFrom } from './random-tensors.ts'

/** Of each operator; more than 20,000 together. */
const CASES = 1000

/** Honest runtimes that differ most. Older ones do not know every operator set. */
const runtimes = variants.filter(({ name }) =>
  ['node disabled', 'node all', 'node all, denormals as zero', 'web disabled'].includes(name),
)
const oldRuntimes = variants.filter(({ name }) => ['node-1.14 disabled', 'node-1.16 disabled'].includes(name))

let chain: ChainOperators
beforeAll(async () => {
  chain = await ChainOperators.start(Object.keys(elementwise))
})
afterAll(async () => {
  await chain?.stop()
  await closeVariants()
})

describe.each(Object.entries(elementwise))('%s', (type, { fine, opset = 14, wholes }) => {
  it('gives the same ranges in TypeScript and Solidity', async () => {
    const random = randomFrom(type)
    const cases = Array.from({ length: CASES }, () => randomCase(type, random))
    await expectAgreement(chain, cases, fine)
  })

  it('holds what every runtime gives, and nothing beyond the bound', async () => {
    const random = randomFrom(`${type} runs`)
    let largest = 0
    for (let round = 0; round < 2; round++) {
      const drawn = realisticCase(type, random)
      const ranges = rangesOf(drawn)
      for (const runtime of opset > 18 ? runtimes : [...runtimes, ...oldRuntimes])
        largest = Math.max(largest, await expectHeld(drawn, ranges, runtime))
      for (const range of ranges)
        for (const bits of beyond(range, random)) expect(excludes(range, bits), `${range} ${bits}`).toBe(true)
      const open = ranges.filter(({ kind }) => kind === 'open').length
      expect(open).toBeLessThan(0.5 * ranges.length)
    }
    if (process.env.GAINSAY_SHARES) console.log(`${type}: ${largest.toFixed(3)} of the bound`)
  })

  it.runIf(wholes)('holds the whole numbers that a runtime gives', async () => {
    const random = randomFrom(`${type} of whole numbers`)
    for (const dtype of ['int32', 'int64'] as const) {
      const drawn = wholeCase(type, random, dtype)
      const { outputs } = await runModel({ ...modelAndInputs(drawn), runtime: 'native' })
      expectWithin(drawn, rangesOf(drawn), outputs, 'native')
    }
  })
})

function rangesOf(drawn: Drawn): Range[] {
  const count = drawn.dims.reduce((product, size) => product * size, 1)
  return Array.from({ length: count }, (_, index) => ownElement(caseOf(drawn, index)) ?? { kind: 'open' })
}

/** @returns the largest share of a bound that the runtime used */
async function expectHeld(drawn: Drawn, ranges: readonly Range[], runtime: Variant): Promise<number> {
  const { model, inputs } = modelAndInputs(drawn)
  const session = await openVariant(runtime, model)
  try {
    return expectWithin(drawn, ranges, await session.run(inputs), runtime.name)
  } finally {
    await session.release()
  }
}

function modelAndInputs({ node, tensors }: Drawn): { model: Uint8Array; inputs: NamedTensors } {
  const dtypes = tensors.map(({ dtype }) => dtype)
  return {
    model: modelOfOne(node, dtypes, elementwise[node.type]?.output ?? dtypes.at(-1) ?? 'float32'),
    inputs: new Map(tensors.map((tensor, i) => [`x${i}`, tensor])),
  }
}

/** @returns the largest share of a bound that was used */
function expectWithin(drawn: Drawn, ranges: readonly Range[], outputs: NamedTensors, runtime: string): number {
  const y = outputs.get('y')
  if (!y) throw new Error('no output')
  expect(ownShape(caseOf(drawn, 0))).toMatchObject({ dtype: y.dtype, dims: y.dims })
  const view = new View(y)
  const shares = ranges.map((range, index) => {
    const posted = view.bits(index)
    const share = shareOf(range, posted)
    if (excludes(range, posted))
      expect.fail(`${runtime} gave 0x${posted.toString(16)} at ${index}, ${share} times the bound`)
    return share
  })
  return Math.max(...shares)
}
