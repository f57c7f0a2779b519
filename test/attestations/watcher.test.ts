import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signerOf } from '../../attestations/digest.ts'
import { attestationsOf } from '../../journal/attestations.ts'
import type { Journal } from '../../journal/open.ts'
import { prune } from '../../journal/prune.ts'
import { markVanished, recordObservation } from '../../journal/queries.ts'
import { SignerError } from '../../keys/remote-signer.ts'
import { parseMessage } from '../../protocol/attestation-json.ts'
import { intendAttestations, noteResults, signAttestations } from '../../watcher/attest.ts'
import { account, attesting, attestMany, intend, judged, movedChain, newJournal, resultOf, word } from './support.ts'

let journal: Journal
beforeEach(async () => {
  journal = await newJournal()
})
afterEach(() => journal.destroy())

const rows = () => journal.selectFrom('attestation').selectAll().orderBy('id').execute()
const first = resultOf(0)

test('a verdict is intended at once, and signed when its event is deep enough', async () => {
  const chain = movedChain(BigInt(first.blockNumber) + 29n)
  const it = attesting(journal, chain)
  await judged(journal, first)
  await intend(it, [first])
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'intended', signature: null, resultId: first.resultId }])
  expect(await attestationsOf(journal, [first.resultId])).toEqual([])
  chain.at++
  await signAttestations(it)
  const [row] = await attestationsOf(journal, [first.resultId])
  const message = parseMessage(JSON.parse(row?.message ?? ''))
  expect(await signerOf(message, row?.signature ?? '')).toBe(account.address)
  expect(message).toMatchObject({
    ...{ network: 'opengradient', chainId: 10740n, blockHash: first.blockHash, outputHash: first.outputHash },
    ...{ verdict: 1, distance: 250_000_000_000n, tolerance: 10_000_000_000_000n, judgedAt: 1_700_000_000n },
    runtimes: 'gainsay 0.1.0; onnxruntime-node 1.30.0',
  })
})

test('what was intended before a restart is signed after it as it was, and only once', async () => {
  const it = attesting(journal, movedChain(10_000n))
  await judged(journal, first)
  await intend(it, [first])
  const [intended] = await rows()
  const sign = vi.fn(it.attester.sign)
  // Another version, which would say something else of the same verdict.
  const later = { ...it, engine: 'gainsay 0.2.0', attester: { ...it.attester, sign } }
  await intend(later, [first])
  await signAttestations(later)
  await intend(later, [first])
  await signAttestations(later)
  expect(await rows()).toMatchObject([
    { ...intended, state: 'signed', signature: expect.any(String), signedAt: 1_700_000_100_000 },
  ])
  expect(sign).toHaveBeenCalledTimes(1)
})

test('an event that a reorg took away is not attested, until it is back', async () => {
  const chain = movedChain(10_000n)
  const it = attesting(journal, chain)
  await judged(journal, first)
  await intend(it, [first])
  chain.taken.add(first.blockNumber)
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'abandoned', signature: null, reason: 'a reorg took its event away' }])
  chain.taken.clear()
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'abandoned' }])
  await intend(it, [first])
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'signed', reason: null }])
})

test('nothing is attested of what is undetermined, challengeable, or on a chain that nobody reads', async () => {
  const it = attesting(journal, movedChain(10_000n))
  const [a, c] = [resultOf(1), resultOf(3)]
  await judged(journal, a, 'undetermined')
  await judged(journal, c)
  await intend(it, [a, { ...c, network: 'gainsay' }])
  await intend({ ...it, chains: {} }, [c])
  expect(await rows()).toEqual([])
  // Judged again and settled: now there is something to say, without anybody's having to say it again.
  await judged(journal, a, 'invalid')
  await intendAttestations(it)
  expect(await rows()).toMatchObject([{ verdict: 'invalid', resultId: a.resultId }])
})

test('what was noted before its verdict is intended after it, though the process ended between the two', async () => {
  const it = attesting(journal, movedChain(10_000n))
  const about = { requestId: first.resultId, modelId: word(1), node: word(2), settlement: null }
  const { key, resultId, blockNumber, blockHash } = first
  await recordObservation(journal, { key, resultId, blockNumber, blockHash, ...about }, 1)
  await noteResults(it, [first])
  await intendAttestations(it)
  expect(await rows()).toEqual([])
  await judged(journal, first)
  await intendAttestations({ ...it })
  expect(await rows()).toMatchObject([{ verdict: 'valid', state: 'intended' }])
  expect(await journal.selectFrom('attestable').selectAll().execute()).toEqual([])
})

test('one that cannot be said keeps no other back', async () => {
  const it = attesting(journal, movedChain(10_000n))
  for (const n of [1, 2]) await judged(journal, resultOf(n))
  await intend(it, [{ ...resultOf(1), modelHash: '' }, resultOf(2)])
  expect((await rows()).map(({ resultId }) => resultId)).toEqual([resultOf(2).resultId])
  // Nor is it tried for ever.
  expect(await journal.selectFrom('attestable').selectAll().execute()).toEqual([])
})

test('what a signer refuses is tried again, with the reason in the journal', async () => {
  const it = attesting(journal, movedChain(10_000n))
  await judged(journal, first)
  await intend(it, [first])
  const refuse = async () => {
    throw new SignerError('The signer at h refuses.')
  }
  await expect(signAttestations({ ...it, attester: { ...it.attester, sign: refuse } })).rejects.toThrow(SignerError)
  expect(await rows()).toMatchObject([{ state: 'intended', reason: 'The signer at h refuses.' }])
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'signed', reason: null }])
})

test("another account's intents are left to it", async () => {
  const it = attesting(journal, movedChain(10_000n))
  await judged(journal, first)
  await intend(it, [first])
  await signAttestations({ ...it, attester: { ...it.attester, address: '0x01' } })
  expect(await rows()).toMatchObject([{ state: 'intended' }])
})

test('a chain that does not answer is said, and tried again', async () => {
  const chain = movedChain(10_000n)
  const it = attesting(journal, chain)
  await judged(journal, first)
  await intend(it, [first])
  const silent = { ...chain, hashAt: async () => null }
  await expect(signAttestations({ ...it, chains: { opengradient: silent } })).rejects.toThrow('no endpoint')
  await signAttestations(it)
  expect(await rows()).toMatchObject([{ state: 'signed' }])
})

test('many are signed in one go, and a block is asked for once a hundred', async () => {
  const it = attesting(journal, movedChain(10_000n))
  const all = Array.from({ length: 250 }, (_, n) => resultOf(n))
  await Promise.all(all.map((one) => judged(journal, one)))
  await intend(it, all)
  const hashAt = vi.spyOn(it.chains.opengradient as { hashAt: (block: bigint) => Promise<string> }, 'hashAt')
  await signAttestations(it)
  expect(
    (
      await attestationsOf(
        journal,
        all.map(({ resultId }) => resultId),
      )
    ).length,
  ).toBe(250)
  expect(hashAt.mock.calls.length).toBe(25)
})

test('what was published outlives what is pruned', async () => {
  const [one] = await attestMany(journal, 1)
  await markVanished(journal, one?.key ?? '', 5)
  expect(await prune(journal, 1_000_000)).toMatchObject({ results: 1 })
  expect((await attestationsOf(journal, [first.resultId])).length).toBe(1)
})
