import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VerdictRow } from '../../journal/queries.ts'
import type { NetworkName } from '../../networks/network.ts'
import { type Status, statuses } from '../../protocol/status.ts'
import { canWin, decideResult, decideWithdrawal, type Situation } from '../../watcher/decide.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

const me = '0x00000000000000000000000000000000000000aa'
const other = '0x00000000000000000000000000000000000000bb'
const nobody = '0x0000000000000000000000000000000000000000'

function situation(parts: {
  status: Status
  verdict?: VerdictRow['kind'] | undefined
  now?: bigint
  challenger?: string | undefined
  arbiter?: string
  network?: NetworkName
}): Situation {
  const result = {
    id: '0x01',
    network: parts.network ?? 'gainsay',
    status: parts.status,
    windowEnd: 100n,
    model: { arbiter: { id: parts.arbiter ?? other }, rule: 'arbiter' },
    challenge: parts.challenger ? { challenger: { id: parts.challenger } } : null,
  } as unknown as IndexedResult
  const verdict = parts.verdict && { kind: parts.verdict, distance: 1, tolerance: 1e-5 }
  return {
    ...{ key: 'k', result, verdict, provability: undefined, me, now: parts.now ?? 50n },
    ...{ arbiters: new Set([other]), withoutArbiter: true },
  }
}

const situations = fc.record({
  status: fc.constantFrom(...statuses),
  verdict: fc.constantFrom('valid' as const, 'invalid' as const, 'undetermined' as const, undefined),
  now: fc.bigInt({ min: 0n, max: 200n }),
  challenger: fc.constantFrom(me, other, undefined),
  arbiter: fc.constantFrom(other, nobody),
})

describe('decideResult', () => {
  test('challenges an invalid result in its window', () => {
    expect(decideResult(situation({ status: 'posted', verdict: 'invalid' }))).toMatchObject({
      kind: 'challenge',
      key: 'challenge:k',
      deadline: 100n,
    })
  })

  test('wants nothing on a network without challenges, whatever its results are said to stand at', () => {
    fc.assert(
      fc.property(situations, (parts) => {
        expect(decideResult(situation({ ...parts, network: 'opengradient' }))).toBeNull()
      }),
    )
  })

  test('never challenges without an invalid verdict, out of the window, or where nobody could rule', () => {
    fc.assert(
      fc.property(situations, (parts) => {
        const decision = decideResult(situation(parts))
        if (decision?.kind !== 'challenge') return
        expect(parts).toMatchObject({ verdict: 'invalid', status: 'posted', arbiter: other })
        expect(parts.now < 100n).toBe(true)
      }),
    )
  })

  test('claims silence exactly for its own challenges whose reveal window is over', () => {
    fc.assert(
      fc.property(situations, (parts) => {
        const due = parts.status === 'challenged' && parts.challenger === me && parts.now > 100n
        expect(decideResult(situation(parts))?.kind === 'claimSilence').toBe(due)
      }),
    )
  })

  test('wants nothing of what is settled', () => {
    for (const status of ['rejected', 'finalized', 'expired'] as const)
      expect(decideResult(situation({ status, verdict: 'invalid', challenger: me, now: 1000n }))).toBeNull()
  })
})

describe('decideWithdrawal', () => {
  test('waits for open disputes, unless much has gathered', () => {
    const [challengeBond, balance] = [5n, 10n]
    expect(decideWithdrawal({ credit: 0n, balance, challengeBond, disputes: 0 })).toBeNull()
    expect(decideWithdrawal({ credit: 1n, balance, challengeBond, disputes: 0 })?.kind).toBe('withdraw')
    expect(decideWithdrawal({ credit: 49n, balance, challengeBond, disputes: 3 })).toBeNull()
    expect(decideWithdrawal({ credit: 50n, balance, challengeBond, disputes: 3 })?.kind).toBe('withdraw')
  })

  test('does not wait while what is owed to us is needed for the next bond', () => {
    const known = { credit: 1n, challengeBond: 5n, disputes: 1 }
    expect(decideWithdrawal({ ...known, balance: 10n })).toBeNull()
    expect(decideWithdrawal({ ...known, balance: 9n })?.kind).toBe('withdraw')
    expect(decideWithdrawal({ ...known, credit: 0n, balance: 0n })).toBeNull()
  })
})

describe('canWin', () => {
  const rules = ['worstCase', 'probabilistic', 'equalBits', 'arbiter'] as const
  const far = { kind: 'invalid' as const, distance: 101e-5, tolerance: 1e-5 }
  const near = { ...far, distance: 99e-5 }
  const odd = { ...far, distance: null }
  const unlimited = { ...far, tolerance: null }
  const asked = (
    parts: Partial<Pick<Situation, 'verdict'>> & {
      provable?: boolean | undefined
      withoutArbiter?: boolean
      graphRoot?: string
      arbiter?: string
      rule?: string
    },
  ) =>
    canWin({
      result: {
        model: { arbiter: { id: parts.arbiter ?? nobody }, rule: parts.rule ?? 'worstCase', graphRoot: '0x0a' },
      } as unknown as IndexedResult,
      arbiters: new Set([other]),
      withoutArbiter: parts.withoutArbiter ?? true,
      verdict: 'verdict' in parts ? parts.verdict : far,
      provability:
        'provable' in parts && parts.provable === undefined
          ? undefined
          : { provable: parts.provable === false ? 0 : 1, graphRoot: parts.graphRoot ?? '0x0a' },
    })

  test.each(rules)('always where there is an arbiter that we trust, also under the rule %s', (rule) => {
    for (const provable of [true, false, undefined])
      for (const verdict of [far, near, odd]) expect(asked({ arbiter: other, rule, provable, verdict })).toBe(true)
  })

  test.each(rules)('without one as the rule %s allows', (rule) => {
    const isBound = rule === 'worstCase' || rule === 'probabilistic'
    for (const verdict of [far, odd, unlimited]) expect(asked({ rule, verdict })).toBe(isBound)
  })

  test('not by an arbiter whom nobody has named, which may be the registrant', () => {
    expect(asked({ arbiter: me, provable: false })).toBe(false)
    expect(asked({ arbiter: me, rule: 'arbiter' })).toBe(false)
    expect(asked({ arbiter: me })).toBe(true)
  })

  test('not without one unless that is wanted: who answers each demand and publishes nothing keeps the bond', () => {
    for (const verdict of [far, odd, unlimited]) expect(asked({ verdict, withoutArbiter: false })).toBe(false)
    expect(asked({ arbiter: other, withoutArbiter: false })).toBe(true)
  })

  test('not against another graph than that of the file', () => {
    expect(asked({ graphRoot: '0x0b' })).toBe(false)
  })

  test('not without one where an operator is out of reach, or nobody has looked', () => {
    for (const provable of [false, undefined])
      for (const verdict of [far, near, odd]) expect(asked({ provable, verdict })).toBe(false)
    expect(asked({ verdict: undefined })).toBe(false)
  })

  test('not without one where a cheat could hide inside the bounds: up to a hundred tolerances', () => {
    expect(asked({ verdict: near })).toBe(false)
    expect(asked({ verdict: { ...far, distance: 100, tolerance: 1 } })).toBe(false)
    expect(asked({ verdict: { ...far, distance: 100.01, tolerance: 1 } })).toBe(true)
    expect(asked({ verdict: { ...far, distance: 1e-9, tolerance: 0 } })).toBe(true)
  })

  test('decides whether a model without an arbiter is challenged at all', () => {
    const { result, ...rest } = situation({ status: 'posted', verdict: 'invalid', arbiter: nobody })
    const registered = { ...result, model: { ...result.model, rule: 'worstCase' as const, graphRoot: '0x0a' as const } }
    const checked = { graphRoot: '0x0a', provable: 1 }
    const it = { ...rest, result: registered, verdict: far, provability: checked }
    expect(decideResult(it)).toMatchObject({ kind: 'challenge' })
    for (const part of [{ provability: { ...checked, provable: 0 } }, { provability: undefined }, { verdict: near }])
      expect(decideResult({ ...it, ...part })).toBeNull()
  })
})
