import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lostChallenges, openTrips, resetTrips, secondOpinions, trip } from '../../journal/breaker.ts'
import { challengeRecord, historyOf } from '../../journal/history.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { outlayOf, shadowOutlayOf } from '../../journal/outlay.ts'
import {
  endAction,
  intend,
  markVanished,
  recordAttempt,
  recordObservation,
  updateAttempt,
} from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { countUnchecked, recordUnchecked, sampleSalt, uncheckedOf } from '../../journal/unchecked.ts'
import {
  recordWouldAct,
  settleWouldAct,
  shadowEarnings,
  type Unsettled,
  unsettledWouldActs,
  type WouldAct,
  wouldActOf,
} from '../../journal/would-act.ts'
import { type Fate, outcomeOf } from '../../watcher/policy/outcome.ts'

let folder: string
let journal: Journal
const HOUR = 3_600_000

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gainsay-policy-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
})
afterEach(async () => {
  await journal.destroy()
  rmSync(folder, { recursive: true })
})

function observe(key: string, parts: { node?: string; modelId?: string; settlement?: string | null } = {}) {
  const names = { resultId: `r-${key}`, requestId: '0x', modelId: parts.modelId ?? 'm', node: parts.node ?? 'n' }
  const where = { blockNumber: 1, blockHash: '0x', settlement: parts.settlement ?? null }
  return recordObservation(journal, { key, ...names, ...where }, 0)
}

function judged(observationKey: string, kind: 'valid' | 'invalid' | 'undetermined', parts: object = {}) {
  const nothing = { output: null, distance: null, tolerance: null, reason: null, evidence: null, runtimes: '[]' }
  const row = { observationKey, kind, step: 'bytes' as const, ...nothing, ms: 10, judgedAt: 1, retryAt: null }
  return recordVerdict(journal, { ...row, ...parts })
}

/** A challenge with a transaction made at that time. */
async function challenge(
  key: string,
  at: number,
  state: 'signed' | 'mined' | 'dropped',
  gasPaid: string | null = null,
) {
  const about = { kind: 'challenge' as const, observationKey: key, resultId: `r-${key}`, deadline: null, reason: '' }
  const { id } = await intend(journal, { key: `challenge:${key}`, ...about, value: '50' }, at)
  await recordAttempt(journal, { hash: `h-${key}`, actionId: id, sender: 's', nonce: 0, raw: '0x' }, at)
  await updateAttempt(journal, `h-${key}`, { state, gasPaid })
  if (state === 'mined') await endAction(journal, id, 'done', 'mined', at)
}

const would = (key: string, parts: Partial<WouldAct> = {}): WouldAct => ({
  ...{ key: `challenge:${key}`, kind: 'challenge', observationKey: key, resultId: `r-${key}`, value: '50' },
  ...{ revert: null, gas: 10, gasPrice: '2', reward: '100', reason: '', at: 0, outcome: null, earned: null },
  ...parts,
})

describe('the breaker', () => {
  test('stays open across restarts until it is reset, and says why', async () => {
    expect(await trip(journal, { kind: 'index', about: 'x', reason: 'differs' }, 1)).toBe(true)
    expect(await trip(journal, { kind: 'index', about: 'x', reason: 'differs' }, 2)).toBe(false)
    await journal.destroy()
    journal = await openJournal(join(folder, 'journal.sqlite'))
    expect(await openTrips(journal)).toMatchObject([{ kind: 'index', reason: 'differs', trippedAt: 1 }])
    expect(await resetTrips(journal, 3)).toHaveLength(1)
    expect(await openTrips(journal)).toEqual([])
  })

  test('trips again over an index that still differs, and never twice over one lost challenge', async () => {
    for (const kind of ['index', 'lost'] as const) await trip(journal, { kind, about: 'x', reason: '' }, 1)
    await resetTrips(journal, 2)
    expect(await trip(journal, { kind: 'lost', about: 'x', reason: '' }, 3)).toBe(false)
    expect(await trip(journal, { kind: 'lost', about: 'y', reason: '' }, 3)).toBe(true)
    expect(await trip(journal, { kind: 'index', about: 'x', reason: '' }, 3)).toBe(true)
  })

  test('knows a lost challenge by its own transaction and the settlement', async () => {
    await observe('won', { settlement: 'rejected' })
    await observe('lost', { settlement: 'finalized' })
    await observe('dropped', { settlement: 'finalized' })
    await observe('theirs', { settlement: 'finalized' })
    for (const key of ['won', 'lost']) await challenge(key, 0, 'mined')
    await challenge('dropped', 0, 'dropped')
    expect(await lostChallenges(journal)).toEqual(['r-lost'])
    expect(await challengeRecord(journal)).toEqual({ won: 1, lost: 1 })
  })

  test('sees which second opinions disagreed, newest first, and forgets those before a reset', async () => {
    const disagreed = { step: 'second', reason: 'the runtimes disagree: one finds the result wrong' }
    for (const key of ['a', 'b', 'c', 'd', 'e']) await observe(key, { node: key })
    await judged('a', 'undetermined', { ...disagreed, judgedAt: 1 })
    await judged('b', 'invalid', { step: 'second', judgedAt: 2 })
    await judged('c', 'valid', { judgedAt: 3 })
    await judged('d', 'undetermined', { ...disagreed, step: 'trace', judgedAt: 4 })
    await judged('e', 'undetermined', { step: 'second', reason: 'there is no second opinion: time-out', judgedAt: 5 })
    const seen = async (since: number, most = 10) =>
      (await secondOpinions(journal, { since, most })).map(({ node, disagreed }) => `${node}${disagreed ? '!' : ''}`)
    expect(await seen(0)).toEqual(['e', 'd!', 'b', 'a!'])
    expect(await seen(2)).toEqual(['e', 'd!'])
    expect(await seen(0, 2)).toEqual(['e', 'd!'])
  })
})

test('the history counts checks and frauds by node and by model, and leaves the undetermined out', async () => {
  await observe('1', { node: 'a', modelId: 'x' })
  await observe('2', { node: 'a', modelId: 'y' })
  await observe('3', { node: 'b', modelId: 'y' })
  await observe('4', { node: 'b', modelId: 'y' })
  await judged('1', 'valid', { ms: 10 })
  await judged('2', 'invalid', { ms: 20 })
  await judged('3', 'valid', { ms: 40 })
  await judged('4', 'undetermined', { ms: 1000 })
  const { nodes, models } = await historyOf(journal)
  expect(Object.fromEntries(nodes)).toEqual({ a: { checked: 2, frauds: 1 }, b: { checked: 1, frauds: 0 } })
  expect(Object.fromEntries(models)).toEqual({
    x: { checked: 1, frauds: 0, ms: 10 },
    y: { checked: 2, frauds: 1, ms: 30 },
  })
  expect((await historyOf(journal, 1)).nodes.size).toBe(1)
})

describe('what is at stake', () => {
  test('is what may still be mined or is on chain, until its result is settled', async () => {
    for (const key of ['signed', 'mined', 'dropped']) await observe(key)
    await observe('settled', { settlement: 'rejected' })
    await challenge('signed', 10 * HOUR, 'signed')
    await challenge('mined', 10 * HOUR, 'mined', '7')
    await challenge('dropped', 10 * HOUR, 'dropped')
    await challenge('settled', 10 * HOUR, 'mined', '5')
    const { stakes, gasToday, underWay } = await outlayOf(journal, 10 * HOUR + 1)
    expect(stakes.map(({ observationKey, value, gasPaid }) => [observationKey, value, gasPaid])).toEqual([
      ['signed', 50n, 0n],
      ['mined', 50n, 7n],
    ])
    expect(gasToday).toBe(12n)
    expect([...underWay]).toEqual(['challenge:signed', 'challenge:mined'])
  })

  test('counts challenges of the last hour and gas of the last day', async () => {
    await observe('old', { settlement: 'rejected' })
    await observe('new')
    await challenge('old', 0, 'mined', '5')
    await challenge('new', 2 * HOUR, 'mined', '7')
    const at = async (now: number) => {
      const { challenges, gasToday } = await outlayOf(journal, now)
      return [challenges, gasToday]
    }
    expect(await at(2 * HOUR + 1)).toEqual([1, 12n])
    expect(await at(3 * HOUR + 1)).toEqual([0, 12n])
    expect(await at(25 * HOUR)).toEqual([0, 7n])
    expect(await at(27 * HOUR)).toEqual([0, 0n])
  })

  test('in shadow mode is what would have been sent', async () => {
    for (const key of ['a', 'b', 'c']) await observe(key)
    await recordWouldAct(journal, would('a', { at: HOUR }))
    await recordWouldAct(journal, would('b', { at: HOUR, revert: 'it would revert', gas: null }))
    await recordWouldAct(journal, would('c', { at: HOUR, outcome: 'lost', earned: '-70' }))
    const outlay = await shadowOutlayOf(journal, HOUR + 1)
    expect(outlay.stakes).toEqual([{ key: 'challenge:a', observationKey: 'a', value: 50n, gasPaid: 20n }])
    expect(outlay).toMatchObject({ gasToday: 40n, challenges: 2 })
  })
})

describe('what shadow mode would have earned', () => {
  const fate: Fate = { challenged: false, provable: false, unchallenged: false, ownChallenge: false }
  const act = (parts: Partial<Unsettled>): Unsettled => ({
    ...would('k'),
    settlement: null,
    vanishedAt: null,
    ...parts,
  })
  test.each<[string, Partial<Unsettled>, Partial<Fate>, ReturnType<typeof outcomeOf>]>([
    ['open', {}, {}, null],
    ['rejected by another', { settlement: 'rejected' }, { challenged: true }, { outcome: 'won', earned: 80n }],
    ['finalized in spite of one', { settlement: 'finalized' }, { challenged: true }, { outcome: 'lost', earned: -70n }],
    [
      'finalized, where only we had a proof',
      { settlement: 'finalized' },
      { challenged: true, provable: true },
      { outcome: 'won', earned: 80n },
    ],
    ['finalized unchallenged', { settlement: 'finalized' }, {}, { outcome: 'untested', earned: 0n }],
    ['window over', {}, { unchallenged: true }, { outcome: 'untested', earned: 0n }],
    ['would have failed', { settlement: 'rejected', revert: 'x' }, {}, { outcome: 'none', earned: 0n }],
    ['gone by a reorg', { vanishedAt: 1 }, {}, { outcome: 'vanished', earned: 0n }],
    [
      'a commitment, somebody faster',
      { kind: 'commit', settlement: 'rejected' },
      { provable: true },
      { outcome: 'none', earned: -20n },
    ],
    [
      'a commitment nobody else made',
      { kind: 'commit', settlement: 'finalized' },
      { provable: true },
      { outcome: 'won', earned: 80n },
    ],
    [
      'a commitment in a dispute that we would have begun',
      { kind: 'commit', settlement: 'finalized' },
      { provable: true, ownChallenge: true },
      { outcome: 'none', earned: -20n },
    ],
    ['an appeal', { kind: 'appeal', settlement: 'rejected' }, {}, { outcome: 'none', earned: -20n }],
  ])('%s', (_, parts, known, outcome) => expect(outcomeOf(act(parts), { ...fate, ...known })).toEqual(outcome))

  test('is summed up in wei, with what nobody tested apart', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await observe(key)
    await recordWouldAct(journal, would('a', { outcome: 'won', earned: '80' }))
    await recordWouldAct(journal, would('b', { outcome: 'lost', earned: '-70' }))
    await recordWouldAct(journal, would('c', { outcome: 'untested', earned: '0' }))
    await recordWouldAct(journal, would('d'))
    await recordWouldAct(journal, would('e', { revert: 'it would revert' }))
    const sums = { won: 80n, lost: 70n, net: 10n, untested: 100n }
    expect(await shadowEarnings(journal)).toEqual({ acts: 4, open: 1, ...sums })
  })

  test('is recorded once, but a failed simulation gives way to a later one', async () => {
    await observe('a')
    await recordWouldAct(journal, would('a', { revert: 'it would revert', gas: null }))
    await recordWouldAct(journal, would('a', { at: 5 }))
    await recordWouldAct(journal, would('a', { at: 9 }))
    expect(await wouldActOf(journal, 'challenge:a')).toMatchObject({ revert: null, at: 5 })
  })

  test('is asked for while it is open, and again when a reorg undoes the settlement', async () => {
    await observe('a')
    await recordWouldAct(journal, would('a'))
    const open = async () =>
      (await unsettledWouldActs(journal)).map(({ settlement, vanishedAt }) => [settlement, vanishedAt])
    expect(await open()).toEqual([[null, null]])
    await observe('a', { settlement: 'rejected' })
    await settleWouldAct(journal, 'challenge:a', { outcome: 'won', earned: '80' })
    expect(await open()).toEqual([])
    await observe('a')
    expect(await open()).toEqual([[null, null]])
    await markVanished(journal, 'a', 7)
    await settleWouldAct(journal, 'challenge:a', { outcome: 'vanished', earned: '0' })
    expect(await open()).toEqual([])
    await observe('a')
    expect(await open()).toEqual([[null, null]])
  })
})

test('what is left unchecked counts until it is judged after all', async () => {
  await observe('a')
  await observe('b')
  const row = { value: '-5', floor: 250_000, at: 1 }
  await recordUnchecked(journal, [
    { observationKey: 'a', ...row },
    { observationKey: 'b', ...row },
  ])
  expect(await countUnchecked(journal)).toBe(2)
  await judged('a', 'valid')
  expect(await countUnchecked(journal)).toBe(1)
  expect(await uncheckedOf(journal, ['a', 'b', 'c'])).toEqual(new Set(['a', 'b']))
})

test('the salt is drawn once for each journal', async () => {
  const salt = await sampleSalt(journal)
  expect(salt).toMatch(/^[0-9a-f]{64}$/)
  expect(await sampleSalt(journal)).toBe(salt)
  const other = await openJournal(join(folder, 'other.sqlite'))
  expect(await sampleSalt(other)).not.toBe(salt)
  await other.destroy()
})
