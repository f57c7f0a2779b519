import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { encodeFunctionData, type Hex, keccak256, parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { intend, updateAttempt } from '../../journal/queries.ts'
import { dropNonce, recordSigned } from '../../journal/sending.ts'
import { spentSince } from '../../journal/spent.ts'
import { limitSpending, SpendLimitError } from '../../keys/spend-limits.ts'

const inner = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const contract = '0x00000000000000000000000000000000000000aa'
const conviction = '0x00000000000000000000000000000000000000bb'
const stranger = '0x00000000000000000000000000000000000000cc'
const id = `0x${'ab'.repeat(32)}` as Hex
const call = (functionName: string, args: unknown[]) =>
  encodeFunctionData({ abi: [...gainsayAbi, ...convictionAbi], functionName, args } as never)
const challenge = { to: contract, data: call('challenge', [id]), value: 100n } as const
const fees = { gas: 10n, maxFeePerGas: 3n, maxPriorityFeePerGas: 1n }
const base = { type: 'eip1559', chainId: 1, nonce: 0, ...fees } as const

const guard = (more: object = {}) =>
  limitSpending(inner, {
    ...{ chainId: 1, contract, conviction, maxValue: 100n, maxPerDay: 1000n, spent: async () => 0n },
    ...more,
  })

test('signs every move of a watcher, and a self-transfer of nothing', async () => {
  for (const move of [
    challenge,
    { to: contract, data: call('claimSilence', [id]), value: 0n },
    { to: contract, data: call('withdraw', [inner.address]), value: 0n },
    { to: conviction, data: call('commit', [id]), value: 0n },
    { to: conviction, data: call('convict', [id, '0x12', id]), value: 0n },
    { to: conviction, data: call('demand', [id, { entry: 0, first: 0, count: 0 }, '0x']), value: 3n },
    { to: conviction, data: call('claimWithheld', [id]), value: 0n },
    { to: conviction, data: call('settleDemand', [id]), value: 0n },
    { to: conviction, data: call('appeal', [id, id, '', '0x12']), value: 0n },
    { to: inner.address, data: '0x', value: 0n },
  ] as const) {
    const raw = await guard().signTransaction({ ...base, ...move })
    expect(parseTransaction(raw).to).toBe(move.to.toLowerCase())
  }
})

test('signs nothing else', async () => {
  for (const move of [
    { to: stranger, data: '0x', value: 0n },
    { to: stranger, data: challenge.data, value: 100n },
    { to: inner.address, data: '0x', value: 1n },
    { to: inner.address, data: '0x12', value: 0n },
    { to: contract, data: '0x', value: 1n },
    { to: contract, data: '0xdeadbeef', value: 0n },
    { to: contract, data: call('withdraw', [stranger]), value: 0n },
    { to: contract, data: call('bond', []), value: 1n },
    { to: conviction, data: call('supply', [id, '0x']), value: 0n },
    { ...challenge, value: 101n },
    { ...challenge, chainId: 2 },
    { ...challenge, to: undefined },
    { ...challenge, accessList: [] },
    { ...challenge, authorizationList: [] },
    { ...challenge, type: 'legacy' },
  ] as const)
    await expect(guard().signTransaction({ ...base, ...move } as never)).rejects.toThrow(SpendLimitError)
  const seatless = guard({ conviction: undefined })
  await expect(
    seatless.signTransaction({ ...base, to: conviction, data: call('commit', [id]), value: 0n }),
  ).rejects.toThrow(SpendLimitError)
  for (const sign of [
    () => guard().signMessage({ message: 'x' }),
    () => guard().sign?.({ hash: id }),
    () => guard().signAuthorization?.({ contractAddress: stranger, chainId: 1, nonce: 0 }),
  ])
    await expect(sign()).rejects.toThrow(SpendLimitError)
})

test('counts value and the worst case of the gas against the day, to the wei', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: 0n, max: 2000n }),
      fc.bigInt({ min: 0n, max: 50n }),
      fc.bigInt({ min: 0n, max: 50n }),
      async (spent, gas, maxFeePerGas) => {
        const signing = guard({ spent: async () => spent }).signTransaction({
          ...{ ...base, ...challenge, gas, maxFeePerGas, maxPriorityFeePerGas: 0n },
        })
        const fits = spent + 100n + gas * maxFeePerGas <= 1000n
        await (fits ? expect(signing).resolves.toBeDefined() : expect(signing).rejects.toThrow(/MAX_SPEND_PER_DAY/))
      },
    ),
    { numRuns: 40 },
  )
})

async function signedInto(journal: Journal, nonce: number, maxFeePerGas: bigint, at: number): Promise<string> {
  const raw = await inner.signTransaction({ ...base, ...challenge, nonce, maxFeePerGas })
  const about = { key: `${nonce}`, kind: 'challenge' as const, observationKey: null, resultId: null }
  const action = await intend(journal, { ...about, value: '100', deadline: null, reason: 'x' }, at)
  const hash = keccak256(raw)
  const sender = inner.address
  await recordSigned(journal, { hash, actionId: action.id, sender, nonce, raw, purpose: 'act', signedAtBlock: 1 }, at)
  return hash
}

test('what was spent is read from the journal: pending at its worst, mined as it was, each nonce once, a day back', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'gainsay-spent-')), 'journal.sqlite')
  let journal = await openJournal(path)
  const spent = (except?: number, since = 50) => spentSince(journal, inner.address, since, except)
  expect(await spent()).toBe(0n)
  const first = await signedInto(journal, 0, 3n, 60)
  expect(await spent()).toBe(130n)
  // A replacement takes the place of what it replaces.
  await signedInto(journal, 0, 5n, 61)
  expect(await spent()).toBe(150n)
  expect(await spent(0)).toBe(0n)
  await signedInto(journal, 1, 3n, 40)
  // Under way, whenever it was signed.
  expect(await spent()).toBe(280n)
  await updateAttempt(journal, first, { state: 'mined', blockNumber: 1, blockHash: '0x', gasPaid: '7' })
  await dropNonce(journal, inner.address, 1, 62)
  expect(await spent()).toBe(150n)
  const reverted = await signedInto(journal, 2, 3n, 70)
  await updateAttempt(journal, reverted, { state: 'reverted', blockNumber: 1, blockHash: '0x', gasPaid: '9' })
  expect(await spent()).toBe(159n)
  // Only what is younger, and the same after a restart.
  await journal.destroy()
  journal = await openJournal(path)
  expect(await spent(undefined, 65)).toBe(150n + 9n)
  expect(await spentSince(journal, stranger, 0)).toBe(0n)
})
