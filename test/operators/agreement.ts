import { expect } from 'vitest'
import { abs, ONE, OutOfDomainError } from '../../protocol/arithmetic/fixed.ts'
import type { Range } from '../../protocol/arithmetic/range.ts'
import { operators } from '../../protocol/operators/table.ts'
import { UnfitError } from '../../protocol/operators/unfit.ts'
import { type Case, type ChainOperators, viewsOf } from './chain-operators.ts'

/** TypeScript's range; undefined where the contract reverts. */
export function ownElement(one: Case): Range | undefined {
  return unlessUnfit(() => operatorOf(one).element({ ...one.query, inputs: viewsOf(one) }))
}

/** TypeScript's shape; undefined where the contract reverts. */
export function ownShape(one: Case) {
  return unlessUnfit(() => operatorOf(one).shape({ ...one.query, inputs: viewsOf(one) }))
}

/**
 * Holds TypeScript and Solidity against each other: the same shape, the same kind of range, the same bits, and interval
 * ends that differ by no more than the coarser exp and ln on chain explain.
 *
 * @param fine how far ends may differ, relative to the larger of the interval's ends and one; 0 demands equality
 */
export async function expectAgreement(chain: ChainOperators, cases: readonly Case[], fine = 0): Promise<void> {
  for (let i = 0; i < cases.length; i += 200)
    await Promise.all(
      cases.slice(i, i + 200).map(async (one) => {
        const [element, shape] = await Promise.all([chain.element(one), chain.shape(one)])
        const described = () => JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
        expect(shape, described()).toEqual(plain(ownShape(one)))
        const own = ownElement(one)
        expect(element?.kind, described()).toBe(own?.kind)
        if (own?.kind === 'bits' && element?.kind === 'bits') expect(element.bits, described()).toBe(own.bits)
        if (own?.kind === 'interval' && element?.kind === 'interval') {
          const scale = Number(max(abs(own.low), abs(own.high), ONE)) * fine
          expect(Number(abs(own.low - element.low)), described()).toBeLessThanOrEqual(scale)
          expect(Number(abs(own.high - element.high)), described()).toBeLessThanOrEqual(scale)
        }
      }),
    )
}

function operatorOf({ type }: Case) {
  const operator = operators.get(type)
  if (!operator) throw new Error(`no operator ${type} in the table`)
  return operator
}

function unlessUnfit<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    // `RangeError`: a read beyond the tensor's end.
    if (error instanceof UnfitError || error instanceof OutOfDomainError || error instanceof RangeError)
      return undefined
    throw error
  }
}

function plain(shape: { dtype: string; dims: readonly number[] } | undefined) {
  return shape && { dtype: shape.dtype, dims: [...shape.dims] }
}

/** Not `Math.max`, which does not know bigints. */
function max(...values: bigint[]): bigint {
  return values.sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n
}
