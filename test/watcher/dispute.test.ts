import { decodeFunctionData, type Hex, hexToString, sha256, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import type { Finding } from '../../journal/queries.ts'
import { type Status, statuses } from '../../protocol/status.ts'
import type { Decision } from '../../watcher/decide.ts'
import { type DisputeSituation, decideDispute, decideFees } from '../../watcher/dispute.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

const me = '0x00000000000000000000000000000000000000aa'
const other = '0x00000000000000000000000000000000000000bb'
const arbiter = '0x00000000000000000000000000000000000000cc'
const nobody = '0x0000000000000000000000000000000000000000'
const resultId = toHex(1, { size: 32 })
const PROOF = toHex('the proof')
const SALT = toHex('the salt', { size: 32 })
const hash = toHex(0xc0ffee, { size: 32 })
const demandProof = toHex('a header')
const demandFee = 77n
/** Last second of the result's window, and of the answer to a demand. */
const [windowEnd, until] = [100n, 40n]

type Demand = IndexedResult['demands'][number]
const demandOf = (demander: Hex, status: Demand['status'], id = 7): Demand => ({
  ...{ id: toHex(id, { size: 32 }), status, until, demander: { id: demander } },
  ...{ entry: 0n, first: 0n, count: 0 },
})
const findings = {
  provable: { kind: 'provable', reason: 'element 3 of Conv', proof: PROOF, salt: SALT },
  withheld: { kind: 'withheld', reason: 'the trace cannot be fetched', proof: null, salt: null },
  unprovable: { kind: 'unprovable', reason: 'an operator outside the table', proof: null, salt: null },
} as const

/** What differs from case to case; everything else is what is most usual. */
interface Parts {
  status?: Status
  finding?: keyof typeof findings | undefined
  commitment?: 'none' | 'made' | 'young' | 'onChain'
  demands?: Demand[]
  appellants?: Hex[]
  challenger?: Hex
  arbiter?: Hex
  demandable?: boolean
  checkable?: boolean
  trusted?: boolean
  withoutArbiter?: boolean
  now?: bigint
}

function situation(parts: Parts): DisputeSituation {
  const finding = 'finding' in parts ? parts.finding : 'provable'
  const { commitment = 'none', demandable = true, demands = [], appellants = [] } = parts
  const result = {
    ...{ id: resultId, status: parts.status ?? 'revealed', windowEnd, outputHash: '0x0e', demands },
    request: { inputHash: '0x01' },
    model: { modelHash: '0x0d', arbiter: { id: parts.arbiter ?? arbiter } },
    challenge: { challenger: { id: parts.challenger ?? me } },
    appeals: appellants.map((id) => ({ appellant: { id } })),
  } as unknown as IndexedResult
  return {
    ...{ key: 'k', result, me, now: parts.now ?? 10n, demandFee },
    finding: finding && (findings[finding] as unknown as Finding),
    commitment:
      commitment === 'none'
        ? undefined
        : { hash, onChain: commitment === 'onChain' || commitment === 'young', isUsable: commitment === 'onChain' },
    checkable: parts.checkable ?? true,
    trusted: parts.trusted ?? true,
    withoutArbiter: parts.withoutArbiter ?? true,
    demandProof: demandable ? demandProof : undefined,
  }
}

const decided = (parts: Parts) => decideDispute(situation(parts))
const callOf = (decision: Decision | null) =>
  decodeFunctionData({ abi: convictionAbi, data: decision?.dispute?.data as Hex })

describe('decideDispute', () => {
  const mineIsOpen = [demandOf(me, 'open')]
  const mineIsSupplied = [demandOf(me, 'supplied')]
  const cases: [what: string, parts: Parts, kind: Decision['kind'] | null][] = [
    ['nothing while nobody has looked at the trace', { finding: undefined }, null],
    ['nothing with a proof that has no commitment yet', { commitment: 'none' }, null],
    ['announces a proof before it shows it', { commitment: 'made' }, 'commit'],
    ['waits for a block after the announcement', { commitment: 'young' }, null],
    ['shows it once the announcement is on chain', { commitment: 'onChain' }, 'convict'],
    ['announces a proof in a challenge of somebody else', { commitment: 'made', challenger: other }, 'commit'],
    ['shows a proof in a challenge of somebody else', { commitment: 'onChain', challenger: other }, 'convict'],
    ['needs no arbiter for a proof', { commitment: 'onChain', arbiter: nobody }, 'convict'],
    ['acts in the last second of the window', { commitment: 'onChain', now: windowEnd }, 'convict'],
    ['does not act after it', { commitment: 'onChain', now: windowEnd + 1n }, null],

    ['demands what is withheld', { finding: 'withheld' }, 'demand'],
    ['demands it in a challenge of somebody else', { finding: 'withheld', challenger: other }, 'demand'],
    [
      'demands nothing in a challenge of somebody else where nobody we trust rules, unless that is wanted',
      { finding: 'withheld', challenger: other, trusted: false, withoutArbiter: false },
      null,
    ],
    [
      'demands it for a bond of its own, whoever rules',
      { finding: 'withheld', trusted: false, withoutArbiter: false },
      'demand',
    ],
    [
      'demands it where an arbiter of ours rules on what it brings',
      { finding: 'withheld', challenger: other, withoutArbiter: false },
      'demand',
    ],
    ['demands it without an arbiter', { finding: 'withheld', arbiter: nobody }, 'demand'],
    [
      'claims what somebody else demanded',
      { finding: 'withheld', demands: [demandOf(other, 'open')], now: until + 1n },
      'claimWithheld',
    ],
    ['waits for the answer to it', { finding: 'withheld', demands: [demandOf(other, 'open')] }, null],
    ['appeals when it was answered', { finding: 'withheld', demands: [demandOf(other, 'supplied')] }, 'appeal'],
    [
      'demands the header though somebody else demanded chunks',
      { finding: 'withheld', demands: [{ ...demandOf(other, 'supplied'), count: 3 }] },
      'demand',
    ],
    [
      'leaves the bounty of its own proof to nobody',
      { commitment: 'made', demands: [demandOf(other, 'open')], now: until + 1n },
      'commit',
    ],
    ['shows no proof where the contract checks none', { commitment: 'onChain', checkable: false }, 'appeal'],
    ['demands nothing where the contract checks none', { finding: 'withheld', checkable: false }, 'appeal'],
    ['gives up without an arbiter too', { finding: 'withheld', checkable: false, arbiter: nobody }, null],
    ['demands it though somebody else appealed', { finding: 'withheld', appellants: [other] }, 'demand'],
    ['waits for the answer to its demand', { finding: 'withheld', demands: mineIsOpen }, null],
    ['waits to the last second of it', { finding: 'withheld', demands: mineIsOpen, now: until }, null],
    ['claims what was not answered', { finding: 'withheld', demands: mineIsOpen, now: until + 1n }, 'claimWithheld'],
    [
      'claims without an arbiter',
      { finding: 'withheld', demands: mineIsOpen, now: until + 1n, arbiter: nobody },
      'claimWithheld',
    ],
    ['appeals when its demand was answered', { finding: 'withheld', demands: mineIsSupplied }, 'appeal'],
    ['does not appeal without an arbiter', { finding: 'withheld', demands: mineIsSupplied, arbiter: nobody }, null],
    ['appeals what cannot be demanded', { finding: 'withheld', demandable: false }, 'appeal'],
    [
      'gives up what cannot be demanded, without an arbiter',
      { finding: 'withheld', demandable: false, arbiter: nobody },
      null,
    ],

    ['appeals what the contract cannot decide', { finding: 'unprovable' }, 'appeal'],
    ['appeals it in a challenge of somebody else', { finding: 'unprovable', challenger: other }, 'appeal'],
    ['appeals it though somebody else did', { finding: 'unprovable', appellants: [other] }, 'appeal'],
    [
      'appeals to nobody who may be the node itself, in a challenge of somebody else',
      { finding: 'unprovable', challenger: other, trusted: false },
      null,
    ],
    ['appeals to whom it can, for a bond of its own', { finding: 'unprovable', trusted: false }, 'appeal'],
    ['appeals once', { finding: 'unprovable', appellants: [other, me] }, null],
    ['does not appeal to nobody', { finding: 'unprovable', arbiter: nobody }, null],
    ['does not appeal while a demand may go unanswered', { finding: 'unprovable', demands: mineIsOpen }, null],
    [
      'does not appeal while a demand of somebody else may win more surely',
      { finding: 'unprovable', demands: [demandOf(other, 'open')] },
      null,
    ],

    [
      'claims an overdue demand rather than to show a proof',
      { commitment: 'onChain', demands: mineIsOpen, now: until + 1n },
      'claimWithheld',
    ],
    [
      'claims an overdue demand rather than to announce one',
      { commitment: 'made', demands: mineIsOpen, now: until + 1n },
      'claimWithheld',
    ],
    [
      'claims an overdue demand rather than to appeal',
      { finding: 'unprovable', demands: mineIsOpen, now: until + 1n },
      'claimWithheld',
    ],
    ['shows a proof though a demand is open', { commitment: 'onChain', demands: mineIsOpen, now: until }, 'convict'],
    // The contract convicts of withholding in the window alone.
    ['claims nothing after the window', { finding: 'withheld', demands: mineIsOpen, now: windowEnd + 1n }, null],
  ]

  test.each(cases)('%s', (_, parts, kind) => {
    expect(decided(parts)?.kind ?? null).toBe(kind)
  })

  test('calls the contract with what the step is about', () => {
    const overdue = [demandOf(me, 'supplied', 5), demandOf(other, 'open', 6), demandOf(me, 'open', 7)]
    expect(callOf(decided({ commitment: 'made' }))).toEqual({ functionName: 'commit', args: [hash] })
    expect(callOf(decided({ commitment: 'onChain' }))).toEqual({
      functionName: 'convict',
      args: [resultId, PROOF, SALT],
    })
    expect(callOf(decided({ demands: overdue, now: until + 1n }))).toEqual({
      ...{ functionName: 'claimWithheld', args: [toHex(7, { size: 32 })] },
    })
    const demand = decided({ finding: 'withheld' })
    // With money for others being faster.
    expect(demand?.dispute?.value).toBe(2n * demandFee)
    expect(callOf(demand)).toEqual({
      ...{ functionName: 'demand', args: [resultId, { entry: 0, first: 0, count: 0 }, demandProof] },
    })
  })

  test('appeals with the hashes that anybody needs to replay the result', () => {
    const appeal = decided({ finding: 'unprovable' })
    const [id, evidenceHash, uri, evidence] = callOf(appeal).args as [Hex, Hex, string, Hex]
    expect([id, uri, appeal?.dispute?.value]).toEqual([resultId, '', 0n])
    expect(evidenceHash).toBe(sha256(evidence))
    expect(JSON.parse(hexToString(evidence))).toEqual({
      ...{ result: resultId, model: '0x0d', input: '0x01', output: '0x0e' },
      ...{ trace: findings.unprovable.reason, replay: 'gainsay judge' },
    })
  })

  test('gives each step a key of its own, so that none is taken for another', () => {
    const steps = [
      ...[decided({ commitment: 'made' }), decided({ commitment: 'onChain' }), decided({ finding: 'withheld' })],
      ...[decided({ finding: 'unprovable' }), decided({ demands: mineIsOpen, now: until + 1n })],
      decided({ demands: [demandOf(me, 'open', 8)], now: until + 1n }),
      decideFees('k', situation({ status: 'rejected', demands: mineIsOpen }).result, me),
    ]
    expect(new Set(steps.map((step) => step?.key)).size).toBe(steps.length)
  })
})

describe('decideDispute, in every situation', () => {
  const situations = everyOf({
    status: statuses,
    finding: ['provable', 'withheld', 'unprovable', undefined],
    commitment: ['none', 'made', 'young', 'onChain'],
    demands: [
      [],
      ...([me, other] as const).flatMap((demander) =>
        (['open', 'supplied', 'withheld', 'paid', 'returned'] as const).map((status) => [demandOf(demander, status)]),
      ),
      [demandOf(other, 'open', 6), demandOf(me, 'open', 7)],
      [demandOf(me, 'supplied', 6), demandOf(me, 'open', 7)],
    ],
    now: [until, until + 1n, windowEnd, windowEnd + 1n],
    appellants: [[], [other], [me, other]],
    arbiter: [nobody, arbiter],
    demandable: [true, false],
    trusted: [true, false],
    checkable: [true, false],
  })

  test('takes the one step that its rules call for, or none', () => {
    for (const parts of situations) {
      const { finding, demands, now, demandable, checkable } = parts
      const open = demands.filter(({ status }) => status === 'open')
      const mine = open.filter(({ demander }) => demander.id === me)
      const overdue = now > until && (finding === 'provable' ? mine : open).length > 0
      const active = parts.status === 'revealed' && finding !== undefined && now <= windowEnd
      const canAppeal = parts.arbiter !== nobody && !parts.appellants.includes(me) && !(checkable && open.length > 0)
      const canDemand = demands.length === 0 && demandable
      const called = {
        claimWithheld: overdue,
        commit: !overdue && checkable && finding === 'provable' && parts.commitment === 'made',
        convict: !overdue && checkable && finding === 'provable' && parts.commitment === 'onChain',
        demand: !overdue && checkable && finding === 'withheld' && canDemand,
        appeal:
          canAppeal && !overdue && (!checkable || finding === 'unprovable' || (finding === 'withheld' && !canDemand)),
      }
      const steps = Object.entries(called).flatMap(([kind, isCalled]) => (active && isCalled ? [kind] : []))
      const decision = decided(parts)
      if ((decision?.kind ?? null) !== (steps[0] ?? null) || steps.length > 1)
        expect.fail(`${described(parts)}: ${decision?.kind}, not ${steps}`)
    }
  })

  test('cares whose challenge it was only before it appeals to an arbiter that nobody trusts', () => {
    for (const parts of situations) {
      if (parts.status !== 'revealed') continue
      const ours = decided(parts)
      const expected = ours?.kind === 'appeal' && !parts.trusted ? undefined : ours?.dispute
      expect(decided({ ...parts, challenger: other })?.dispute, described(parts)).toEqual(expected)
    }
  })

  test('tells nobody of proof and salt but the contract, in the step that shows them', () => {
    const secrets = [PROOF, SALT].map((secret) => secret.slice(2))
    let shown = 0
    for (const parts of situations) {
      const decision = decided(parts)
      if (!decision) continue
      const { dispute, result: _, ...told } = decision
      expect(told, described(parts)).toMatchObject({ deadline: windowEnd, observationKey: 'k' })
      const words = JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
      for (const secret of secrets) expect(words.includes(secret), described(parts)).toBe(false)
      const showing = secrets.filter((secret) => dispute?.data.includes(secret)).length
      expect(showing, described(parts)).toBe(decision.kind === 'convict' ? secrets.length : 0)
      shown += showing
    }
    expect(shown).toBeGreaterThan(0)
  })
})

describe('decideFees', () => {
  const fees = (...demands: Demand[]) => decideFees('k', situation({ status: 'finalized', demands }).result, me)

  test.each(['open', 'supplied'] as const)('settles a demand of ours that is %s', (status) => {
    const decision = fees(demandOf(other, status, 6), demandOf(me, 'paid', 8), demandOf(me, status, 7))
    const id = toHex(7, { size: 32 })
    expect(decision).toMatchObject({ kind: 'settleDemand', key: `settleDemand:${id}`, deadline: null })
    expect(callOf(decision)).toEqual({ functionName: 'settleDemand', args: [id] })
    expect(decision?.dispute?.value).toBe(0n)
  })

  test.each(['paid', 'returned', 'withheld'] as const)('has nothing to settle where it is %s', (status) => {
    expect(fees(demandOf(me, status))).toBeNull()
  })

  test('leaves the demands of others to them', () => {
    expect(fees(demandOf(other, 'open'), demandOf(other, 'supplied'), demandOf(other, 'withheld'))).toBeNull()
    expect(fees()).toBeNull()
  })
})

/** All that there is to combine, as cases. */
function everyOf(parts: { [Name in Exclude<keyof Parts, Fixed>]-?: readonly Parts[Name][] }) {
  return Object.entries(parts).reduce<object[]>(
    (cases, [name, values]) => cases.flatMap((one) => values.map((value: unknown) => ({ ...one, [name]: value }))),
    [{}],
  ) as Required<Omit<Parts, Fixed>>[]
}

/** What is not combined. */
type Fixed = 'challenger' | 'withoutArbiter'

function described(parts: Parts): string {
  return JSON.stringify(parts, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}
