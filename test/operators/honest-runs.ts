import type { Random } from '../../demo/random.ts'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { abs } from '../../protocol/arithmetic/fixed.ts'
import { toFixed } from '../../protocol/arithmetic/float32.ts'
import { excludes, type Range } from '../../protocol/arithmetic/range.ts'
import type { Query } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { View } from '../../protocol/operators/view.ts'
import { elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { type RuntimeKind, runModel, type Variant } from '../../replay/runtime/runtime.ts'
import type { Case } from './chain-operators.ts'
import { canonicalOf, modelOfOne, type OneOperator } from './one-operator.ts'

/** The worst-case bound and a usual probabilistic one. */
export const bothTerms: readonly Terms[] = [
  { rule: 'worstCase', lambda: 0 },
  { rule: 'probabilistic', lambda: 8 },
]

/** What a runtime's own outputs say of an operator's ranges. */
export interface Held {
  /** elements outside their range, or of another shape: there must be none */
  readonly wrong: string[]
  /** elements that a range other than open was found for */
  readonly checked: number
  /** elements left open */
  readonly open: number
  /** largest distance from an interval's middle, in halves of the interval's width */
  readonly ratio: number
  /** values beyond the range that it did not exclude: there must be none */
  readonly missed: string[]
  /** whether the runtime refused to run the operator */
  readonly refused: boolean
}

/** The query for an output's element, less its index, in canonical form. */
export function queryOf(one: OneOperator, output: number, terms: Terms): Omit<Case['query'], 'dims' | 'index'> {
  const { attributes, inputs } = canonicalOf(one)
  return { terms, attributes, inputs: inputs.map((input) => one.inputs[input]), output }
}

/**
 * Runs one operator and holds elements of its outputs against the ranges of both rules.
 *
 * @param sample how many elements of each output at most
 */
export async function hold(
  one: OneOperator,
  random: Random,
  {
    runtime = 'native',
    variant = 'canonical',
    sample = 20,
  }: {
    runtime?: RuntimeKind
    variant?: Variant
    sample?: number
  } = {},
): Promise<Held> {
  const held = { wrong: [] as string[], missed: [] as string[], checked: 0, open: 0, ratio: 0, refused: false }
  const { model, feeds } = modelOfOne(one)
  let outputs: NamedTensors
  try {
    outputs = (await runModel({ model, inputs: feeds, runtime, variant })).outputs
  } catch (error) {
    return {
      ...held,
      refused: true,
      wrong: /NOT_IMPLEMENTED|Could not find an impl/i.test(String(error)) ? [] : [String(error)],
    }
  }
  for (let output = 0; output < (one.outputs ?? 1); output++)
    for (const terms of bothTerms) {
      const posted = outputs.get(`y${output}`) as Tensor
      const asked = queryOf(one, output, terms)
      const operator = operators.get(one.type)
      if (!operator) throw new Error(one.type)
      const views = asked.inputs.map((tensor) => tensor && new View(tensor))
      const { dtype, dims } = operator.shape({ ...asked, inputs: views })
      if (dtype !== posted.dtype || dims.join() !== posted.dims.join())
        held.wrong.push(`${dtype}[${dims}] for the runtime's ${posted.dtype}[${posted.dims}]`)
      const values = new View(posted)
      const count = elementCount(posted.dims)
      for (let i = 0; i < Math.min(sample, count); i++) {
        const index = count <= sample ? i : random.below(count)
        const query: Query = { ...asked, inputs: views, dims, index }
        const range = operator.element(query)
        const bits = values.bits(index)
        if (range.kind === 'open') {
          held.open++
          continue
        }
        held.checked++
        if (excludes(range, bits)) held.wrong.push(`element ${index}: ${bits} is outside ${describe(range)}`)
        if (range.kind === 'interval') held.ratio = Math.max(held.ratio, ratioOf(range, Number(bits)))
        for (const beyond of beyondOf(range, random))
          if (!excludes(range, beyond)) held.missed.push(`element ${index}: ${beyond} is inside ${describe(range)}`)
      }
    }
  return held
}

/** Values outside a range: for an interval 1.01 to 1,000 half widths beyond its middle, for bits any others. */
function beyondOf(range: Exclude<Range, { kind: 'open' }>, random: Random): bigint[] {
  if (range.kind === 'bits') return [range.bits ^ 1n]
  const middle = Number(range.low + range.high) / 2 / 2 ** 120
  const half = Number(range.high - range.low) / 2 / 2 ** 120
  const shift = half * 1.01 * 1000 ** random.next()
  // A float32 may be too coarse to lie between: the next one outward then.
  return [awayFrom(middle + shift, 1), awayFrom(middle - shift, -1)]
}

const scratch = new DataView(new ArrayBuffer(4))

function awayFrom(value: number, direction: 1 | -1): bigint {
  scratch.setFloat32(0, value)
  let bits = scratch.getUint32(0)
  if ((scratch.getFloat32(0) - value) * direction <= 0) bits += value > 0 === direction > 0 ? 1 : -1
  return BigInt(bits)
}

function ratioOf({ low, high }: { low: bigint; high: bigint }, bits: number): number {
  const value = toFixed(bits)
  if (value === undefined) return Number.POSITIVE_INFINITY
  return Number(abs(2n * value - low - high)) / Number(high - low)
}

function describe(range: Range): string {
  if (range.kind !== 'interval') return range.kind === 'bits' ? `${range.bits}` : range.kind
  return `[${Number(range.low) / 2 ** 120}, ${Number(range.high) / 2 ** 120}]`
}
