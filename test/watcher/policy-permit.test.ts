import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Mode } from '../../config/policy.ts'
import type { ActionKind } from '../../journal/tables.ts'
import type { Decision } from '../../watcher/decide.ts'
import { apart, disagreementOf } from '../../watcher/policy/breaker.ts'
import { type Modes, modeOf } from '../../watcher/policy/mode.ts'
import { afterwards, type PolicyState, permit } from '../../watcher/policy/permit.ts'

const me = '0x00000000000000000000000000000000000000aa'
const other = '0x00000000000000000000000000000000000000bb'
const eth = 10n ** 18n
const nothing = { bondAtRisk: 0n, gasToday: 0n, challenges: 0 }
const noLimits = { maxBondAtRisk: undefined, maxGasPerDay: undefined, maxChallengesPerHour: undefined }

function state(change: Partial<PolicyState> = {}): PolicyState {
  return {
    ...{ me, modes: { mode: 'live', modelModes: new Map() }, stopped: null, held: null },
    ...{ limits: noLimits, minValue: 0n, spent: { live: nothing, shadow: nothing } },
    underWay: { live: new Set(), shadow: new Set() },
    stakes: { nodeBond: eth, challengeBond: eth / 2n, rewardBps: 5000, burnBps: 1000 },
    ...{ winChance: 950_000n, gasPrice: 10n ** 9n, longest: new Map() },
    ...change,
  }
}

function decision(kind: ActionKind, parts: { challenger?: string; id?: number; model?: string } = {}): Decision {
  const result = {
    id: `0x${parts.id ?? 1}`,
    model: { id: parts.model ?? '0xm', modelHash: '0xh' },
    challenge: parts.challenger ? { challenger: { id: parts.challenger } } : null,
    demands: [],
  }
  const dispute = kind === 'demand' ? { data: '0x', value: eth / 100n } : undefined
  return {
    ...{ key: `${kind}:${parts.id ?? 1}`, kind, observationKey: 'k', deadline: null, reason: '' },
    ...{ result: kind === 'withdraw' ? null : result, dispute },
  } as unknown as Decision
}

const followUps = ['claimSilence', 'commit', 'convict', 'demand', 'claimWithheld', 'settleDemand', 'appeal'] as const
const tight = { maxBondAtRisk: 0n, maxGasPerDay: 0n, maxChallengesPerHour: 0 }

describe('permit', () => {
  test('sends what is live and worth it', () => {
    expect(permit(decision('challenge'), state())).toEqual({ send: true })
  })

  test.each<[Mode, string | null]>([
    ['watch', 'mode'],
    ['shadow', 'mode'],
    ['live', null],
  ])('in mode %s refuses for %s', (mode, kind) => {
    const modes = { mode, modelModes: new Map() }
    const answer = permit(decision('challenge'), state({ modes }))
    expect(answer).toMatchObject(kind ? { send: false, kind } : { send: true })
  })

  test('in shadow mode says first what would have stopped it live', () => {
    const modes = { mode: 'shadow', modelModes: new Map() } as const
    const refusal = (change: Partial<PolicyState>) => permit(decision('challenge'), state({ modes, ...change }))
    expect(refusal({ stopped: 'x' })).toMatchObject({ kind: 'breaker' })
    expect(refusal({ minValue: eth })).toMatchObject({ kind: 'value' })
    expect(refusal({ limits: tight })).toMatchObject({ kind: 'limit' })
  })

  test('never lets a follow-up of an own dispute wait for value or limits', () => {
    for (const kind of followUps) {
      const poor = state({ limits: tight, minValue: 10n ** 30n })
      expect(permit(decision(kind, { challenger: me }), poor), kind).toEqual({ send: true })
    }
    expect(permit(decision('withdraw'), state({ limits: tight }))).toEqual({ send: true })
  })

  test("weighs joining another's dispute like any venture", () => {
    const commit = decision('commit', { challenger: other })
    expect(permit(commit, state())).toEqual({ send: true })
    expect(permit(commit, state({ limits: tight }))).toMatchObject({ kind: 'limit' })
    expect(permit(commit, state({ gasPrice: 10n ** 15n }))).toMatchObject({ kind: 'value' })
    // It has committed, so the proof is on its way.
    expect(permit(decision('convict', { challenger: other }), state({ limits: tight }))).toEqual({ send: true })
  })

  test('pays for an appeal that earns us nothing, up to what is burnt of the node’s bond', () => {
    const appeal = decision('appeal', { challenger: other })
    // 250,000 gas, and a tenth of an ether that is burnt.
    const most = eth / 10n / 250_000n
    expect(permit(appeal, state({ gasPrice: most }))).toEqual({ send: true })
    expect(permit(appeal, state({ gasPrice: most + 1n }))).toMatchObject({ send: false, kind: 'value' })
    expect(permit(appeal, state({ limits: tight }))).toMatchObject({ kind: 'limit' })
    expect(permit(decision('appeal', { challenger: me }), state({ gasPrice: 10n * most }))).toEqual({ send: true })
    const claim = decision('claimWithheld', { challenger: other })
    expect(permit(claim, state({ limits: tight }))).toMatchObject({ kind: 'limit' })
  })

  test('refuses a challenge that gas makes worthless, and one for worthless bonds', () => {
    expect(permit(decision('challenge'), state({ gasPrice: 10n ** 13n }))).toMatchObject({ send: false, kind: 'value' })
    const dust = { nodeBond: 10n ** 9n, challengeBond: 10n ** 9n, rewardBps: 5000, burnBps: 1000 }
    expect(permit(decision('challenge'), state({ stakes: dust }))).toMatchObject({ send: false, kind: 'value' })
    expect(permit(decision('challenge'), state({ stakes: dust, minValue: -eth }))).toEqual({ send: true })
  })

  test('lets what is under way go on although it fills the limit itself', () => {
    const limits = { ...noLimits, maxBondAtRisk: eth / 2n }
    const full = state({ limits, spent: { live: { ...nothing, bondAtRisk: eth / 2n }, shadow: nothing } })
    expect(permit(decision('challenge'), full)).toMatchObject({ kind: 'limit' })
    const underWay = { live: new Set(['challenge:1']), shadow: new Set<string>() }
    expect(permit(decision('challenge'), { ...full, underWay })).toEqual({ send: true })
  })

  test.each([
    ['bond at risk', { maxBondAtRisk: (3n * eth) / 2n }],
    ['challenges an hour', { maxChallengesPerHour: 3 }],
    // 315,000 gas each, at a gwei.
    ['gas a day', { maxGasPerDay: 3n * 350_000n * 10n ** 9n }],
  ])('permits three challenges where the limit on %s is three, and not a fourth', (_, limit) => {
    let now = state({ limits: { ...noLimits, ...limit } })
    for (const id of [1, 2, 3]) {
      expect(permit(decision('challenge', { id }), now)).toEqual({ send: true })
      now = afterwards(decision('challenge', { id }), now)
    }
    expect(permit(decision('challenge', { id: 4 }), now)).toMatchObject({ send: false, kind: 'limit' })
  })

  test('passes no limit, whatever the sequence of decisions', () => {
    // Ventures in general are rare among all kinds.
    const repeated = Array(followUps.length).fill('challenge' as const)
    const limits = fc.record({
      maxBondAtRisk: fc.option(fc.bigInt(0n, 5n * eth), { nil: undefined }),
      maxGasPerDay: fc.option(fc.bigInt(0n, 10n ** 16n), { nil: undefined }),
      maxChallengesPerHour: fc.option(fc.nat(5), { nil: undefined }),
    })
    const decisions = fc.array(
      fc.record({
        kind: fc.constantFrom(...repeated, 'withdraw' as const, ...followUps),
        challenger: fc.constantFrom(me, other),
        id: fc.nat(100),
        model: fc.constantFrom('0xlive', '0xshadow'),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(limits, decisions, (limit, all) => {
        let now = state({ limits: limit, modes: { mode: 'live', modelModes: new Map([['0xshadow', 'shadow']]) } })
        for (const { kind, id, model, ...parts } of all) {
          const wanted = decision(kind, kind === 'challenge' ? { id, model } : { id, model, ...parts })
          const answer = permit(wanted, now)
          if (answer.send || answer.kind === 'mode') now = afterwards(wanted, now)
          for (const { bondAtRisk, gasToday, challenges } of Object.values(now.spent)) {
            if (limit.maxBondAtRisk !== undefined) expect(bondAtRisk <= limit.maxBondAtRisk).toBe(true)
            if (limit.maxGasPerDay !== undefined) expect(gasToday <= limit.maxGasPerDay).toBe(true)
            if (limit.maxChallengesPerHour !== undefined)
              expect(challenges).toBeLessThanOrEqual(limit.maxChallengesPerHour)
          }
        }
      }),
    )
  })

  test('with an open breaker sends nothing but withdrawals, whatever else is true', () => {
    const kinds = fc.constantFrom('challenge' as const, 'withdraw' as const, ...followUps)
    fc.assert(
      fc.property(kinds, fc.constantFrom(me, other), fc.boolean(), fc.boolean(), (kind, challenger, held, underWay) => {
        const wanted = decision(kind, { challenger })
        const stopped = state({
          ...(held ? { held: 'behind' } : { stopped: 'a challenge was lost' }),
          ...(underWay ? { underWay: { live: new Set([wanted.key]), shadow: new Set<string>() } } : {}),
        })
        const answer = permit(wanted, stopped)
        expect(answer.send).toBe(kind === 'withdraw')
        if (!answer.send) expect(answer.kind).toBe('breaker')
      }),
    )
  })
})

test('a model has its own mode, and withdrawals are live as soon as anything is', () => {
  const modes: Modes = { mode: 'shadow', modelModes: new Map([['0xa', 'live']]) }
  expect([modeOf(modes, '0xa'), modeOf(modes, '0xb'), modeOf(modes)]).toEqual(['live', 'shadow', 'live'])
  expect(modeOf({ mode: 'watch', modelModes: new Map() })).toBe('watch')
  expect(modeOf({ mode: 'watch', modelModes: new Map([['0xa', 'shadow']]) })).toBe('shadow')
})

describe('what trips the breaker', () => {
  const opinions = (disagreed: number, agreed: number, nodes: number) => [
    ...Array.from({ length: disagreed }, (_, i) => ({ node: `n${i % nodes}`, disagreed: true })),
    ...Array.from({ length: agreed }, () => ({ node: 'n', disagreed: false })),
  ]
  test.each([
    ['too few to say', 4, 0, 4, false],
    ['many of three nodes', 5, 0, 3, true],
    ['as many, of two nodes only, who may do it on purpose', 20, 0, 2, false],
    ['a share just at the limit', 10, 40, 5, false],
    ['a share just above it', 11, 39, 5, true],
  ])('%s', (_, disagreed, agreed, nodes, trips) => {
    expect(disagreementOf(opinions(disagreed, agreed, nodes), 200_000n) !== null).toBe(trips)
  })

  test.each([
    ['both at one block', 100n, 100n, null],
    ['an index that is a little behind', 100n, 160n, null],
    ['an index far behind', 100n, 161n, /index is more than 60 s behind/],
    ['endpoints far behind', 161n, 100n, /endpoints are more than 60 s behind/],
  ])('%s', (_, index, chain, said) => {
    const heads = { index: { blockNumber: index, timestamp: index }, chain: { number: chain, timestamp: chain } }
    const reason = apart(heads, 60n)
    if (said) expect(reason).toMatch(said)
    else expect(reason).toBeNull()
  })
})
