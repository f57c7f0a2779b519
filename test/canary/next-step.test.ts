import { describe, expect, test } from 'vitest'
import { canaryCost, pauseMs, refusalOf } from '../../canary/cost.ts'
import { madeUpInput, wrongOutputs } from '../../canary/made-up.ts'
import { type CanaryFacts, nextStep, outcomeOf } from '../../canary/next-step.ts'
import { identityModel } from '../../cli/identity-model.ts'
import { encodeTensors } from '../../protocol/tensor.ts'

const WATCHER = '0xda'
const run = { deadline: 1000, requesterNonce: 3, bond: '50', watcher: WATCHER, windowEnd: 500 }
const terms = { revealWindow: 100n, slack: 20n }
const facts = (it: Partial<CanaryFacts>): CanaryFacts => ({
  ...{ status: 'none', time: 400n, windowEnd: 0n, challenger: null, freeBond: 50n, credit: 0n, requesterNonce: 3n },
  ...it,
})
const step = (it: Partial<CanaryFacts>) => {
  const next = nextStep(run, facts(it), terms)
  return next.kind === 'send' ? next.step : next.kind
}

describe('the next step of a canary', () => {
  test.each<[Partial<CanaryFacts>, string]>([
    [{ freeBond: 49n }, 'bond'],
    [{}, 'request'],
    [{ time: 1000n }, 'unbond'],
    [{ time: 1000n, freeBond: 0n }, 'abandon'],
    [{ requesterNonce: 4n, freeBond: 0n }, 'abandon'],
    [{ requesterNonce: 4n, freeBond: 0n, credit: 1n }, 'withdraw'],
    [{ status: 'requested', freeBond: 0n }, 'bond'],
    [{ status: 'requested' }, 'post'],
    [{ status: 'requested', time: 999n }, 'post'],
    // What is sent now would be a second too late.
    [{ status: 'requested', time: 1000n }, 'wait'],
    [{ status: 'requested', time: 1001n }, 'expire'],
    [{ status: 'posted', windowEnd: 400n }, 'wait'],
    [{ status: 'posted', windowEnd: 399n }, 'finalize'],
    // Silent, until the watcher has had its time to claim.
    [{ status: 'challenged', windowEnd: 500n }, 'wait'],
    [{ status: 'challenged', windowEnd: 380n }, 'wait'],
    [{ status: 'challenged', windowEnd: 379n }, 'claimSilence'],
    [{ status: 'rejected', freeBond: 0n, credit: 7n }, 'withdraw'],
    [{ status: 'rejected', freeBond: 0n }, 'over'],
    [{ status: 'finalized' }, 'unbond'],
    [{ status: 'expired', freeBond: 0n }, 'over'],
  ])('%o: %s', (it, expected) => expect(step(it)).toBe(expected))
})

describe('the outcome of a canary', () => {
  const outcome = (it: Partial<CanaryFacts>, own = false, windowEnd: number | null = 500) =>
    outcomeOf({ ...run, windowEnd }, facts(it), terms, own)

  test.each<[Partial<CanaryFacts>, boolean, string | null]>([
    [{ status: 'requested' }, false, null],
    [{ status: 'posted', time: 480n }, false, null],
    [{ status: 'posted', time: 481n }, false, 'missed'],
    [{ status: 'finalized' }, false, 'missed'],
    [{ status: 'expired' }, false, 'abandoned'],
    // Challenged at 480, in the last second in which it counts as in time; then in the next.
    [{ status: 'challenged', challenger: WATCHER, windowEnd: 580n }, false, 'caught'],
    [{ status: 'challenged', challenger: WATCHER, windowEnd: 581n }, false, 'late'],
    [{ status: 'rejected', challenger: WATCHER, windowEnd: 520n }, false, 'caught'],
    [{ status: 'rejected', challenger: WATCHER, windowEnd: 520n }, true, 'unclaimed'],
    [{ status: 'rejected', challenger: '0xee', windowEnd: 520n }, false, 'other'],
  ])('%o, own claim %s: %s', (it, own, expected) => expect(outcome(it, own)).toBe(expected))

  test('is not late because nobody knows when the window ended', () => {
    expect(outcome({ status: 'challenged', challenger: WATCHER, windowEnd: 9_999n }, false, null)).toBe('caught')
  })
})

describe('the cost of a canary', () => {
  test('is what is burnt and what the challenger gets, and gas; the shares are cut as the contract cuts them', () => {
    const cost = canaryCost({ nodeBond: 1_000_007n, rewardBps: 4999, burnBps: 1999 }, 100, 3n)
    expect(cost).toEqual({
      ...{ bond: 1_000_007n, reward: 499_903n, burnt: 199_901n, back: 300_203n },
      ...{ gas: 1_506_000n * 3n, worst: 499_903n + 199_901n + 1_506_000n * 3n },
    })
  })

  test.each([
    [100n, 70n, 0n, null],
    [99n, 70n, 0n, /MAX_STAKE allows 99/],
    [100n, 69n, 0n, /MAX_COST_PER_DAY allows 69/],
    [100n, 100n, 30n, null],
    [100n, 100n, 31n, /those of the last 24 hours 31/],
  ])('of a bond of 100 and at most 70, with limits %o and %o and %o spent', (maxStake, maxCostPerDay, spent, said) => {
    const refusal = refusalOf({ bond: 100n, worst: 70n }, { maxStake, maxCostPerDay }, spent)
    if (said === null) expect(refusal).toBeNull()
    else expect(refusal).toMatch(said)
  })

  test('comes again after half to one and a half of the pause', () => {
    expect(pauseMs(100, Uint8Array.of(0, 0, 0, 0))).toBe(50_000)
    expect(pauseMs(100, Uint8Array.of(128, 0, 0, 0))).toBe(100_000)
    expect(pauseMs(100, Uint8Array.of(255, 255, 255, 255))).toBe(150_000)
  })
})

describe('what a canary posts', () => {
  test('is made up from a secret: the same again, another by another', () => {
    const [one, again, other] = ['a', 'a', 'b'].map((seed) =>
      encodeTensors(madeUpInput(identityModel(), Buffer.from(seed))),
    )
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
  })

  test('differs from the honest output in every number, and stays finite', () => {
    const values = Float32Array.of(0, 1, -1, 1 / 3, 3e38, Number.NaN, Number.POSITIVE_INFINITY)
    const honest = new Map([
      ['y', { dtype: 'float32' as const, dims: [7], data: new Uint8Array(values.buffer) }],
      ['n', { dtype: 'int64' as const, dims: [1], data: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0) }],
    ])
    const [altered, ...others] = wrongOutputs(honest, undefined)
    expect(others).toEqual([])
    const data = altered?.get('y')?.data as Uint8Array
    const changed = [...new Float32Array(data.buffer, data.byteOffset, 7)]
    for (const [i, value] of changed.entries()) {
      expect(Number.isFinite(value)).toBe(true)
      expect(value).not.toBe(values[i])
    }
    expect(altered?.get('n')?.data[0]).toBe(2)
  })
})
