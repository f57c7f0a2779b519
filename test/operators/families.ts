import { expect } from 'vitest'
import type { Random } from '../../demo/random.ts'
import { elementCount } from '../../protocol/tensor.ts'
import type { RuntimeKind, Variant } from '../../replay/runtime/runtime.ts'
import { expectAgreement, ownShape } from './agreement.ts'
import type { Case, ChainOperators } from './chain-operators.ts'
import { bothTerms, type Held, hold, queryOf } from './honest-runs.ts'
import type { OneOperator } from './one-operator.ts'

/** A drawn element of a drawn operator, each input stored along a drawn axis. At times an attribute is off by one. */
export function caseOf(one: OneOperator, random: Random): Case {
  const terms = bothTerms[random.below(2)] as (typeof bothTerms)[number]
  const query = queryOf(one, random.below(one.outputs ?? 1), terms)
  const attributes = [...query.attributes]
  if (random.next() < 0.05 && attributes.length > 0) {
    const which = random.below(attributes.length)
    // Not the lengths of lists, nor bits: reading beyond the attributes or negative bits are no case that a commitment can have.
    if (!(one.type === 'Slice' && which === 0) && !(one.type === 'Pad' && (which === 1 || which === 2)))
      attributes[which] = (attributes[which] as bigint) + (random.next() < 0.5 ? 1n : -1n)
  }
  const axes = query.inputs.map((tensor) => random.below(2 * (tensor?.dims.length ?? 0) + 3) - 3)
  const bare: Case = { type: one.type, axes, query: { ...query, attributes, dims: [], index: 0 } }
  const dims = ownShape(bare)?.dims ?? []
  return { ...bare, query: { ...bare.query, dims, index: random.below(elementCount(dims)) } }
}

/** Agreement of both languages; where the shape is unfit or empty there is no element to ask for. */
export async function expectFamilyAgreement(chain: ChainOperators, cases: readonly Case[], fine = 0): Promise<void> {
  const whole = cases.filter((one) => ownShape(one) && elementCount(one.query.dims) > 0)
  await expectAgreement(chain, whole, fine)
  for (const one of cases.filter((other) => !whole.includes(other))) {
    const shape = ownShape(one)
    expect(await chain.shape(one), one.type).toEqual(shape && { dtype: shape.dtype, dims: [...shape.dims] })
  }
}

/** Runs drawn operators and expects every element inside its range, and what is beyond the range outside. */
export async function expectHonest(
  draw: (random: Random) => OneOperator,
  random: Random,
  runs: number,
  options: { runtime?: RuntimeKind; variant?: Variant; sample?: number } = {},
): Promise<Held> {
  let all: Held = { wrong: [], missed: [], checked: 0, open: 0, ratio: 0, refused: false }
  for (let i = 0; i < runs; i++) {
    const one = draw(random)
    const held = await hold(one, random, options)
    const described = () =>
      JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)).slice(0, 2000)
    expect(held.wrong, described()).toEqual([])
    expect(held.missed, described()).toEqual([])
    all = {
      ...all,
      checked: all.checked + held.checked,
      open: all.open + held.open,
      ratio: Math.max(all.ratio, held.ratio),
      refused: all.refused || held.refused,
    }
  }
  expect(all.refused).toBe(false)
  expect(all.checked).toBeGreaterThan(runs)
  if (process.env.GAINSAY_RATIOS) console.log(JSON.stringify(all))
  return all
}
