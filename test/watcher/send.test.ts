import { createWalletClient, http, parseTransaction } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readSigned } from '../../watcher/send/sign.ts'
import { actions, attempts, round, type Stage, startSendStage, terms } from './send-stage.ts'

const GWEI = 10n ** 9n

let stage: Stage
let snapshot: `0x${string}`
beforeAll(async () => {
  stage = await startSendStage()
})
afterAll(() => stage?.stop())
beforeEach(async () => {
  snapshot = await stage.test.snapshot()
})
afterEach(async () => {
  await stage.client.request({ method: 'anvil_dropAllTransactions' } as never)
  await stage.test.revert({ id: snapshot })
})

/** Mines until nothing is under way any more, and one more block. */
async function finish(it: Awaited<ReturnType<Stage['watch']>>, decisions: Parameters<typeof round>[1]) {
  for (let i = 0; i < 8; i++) {
    await stage.mine()
    await round(it, decisions)
  }
}

describe('a transaction that is stuck', () => {
  test('is signed again with the same nonce and an eighth more, and mined once', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    const before = await stage.balance()
    await round(it, [decision])
    await stage.mine(300, 2)
    await round(it, [decision])
    expect(await attempts(it)).toHaveLength(1)
    await stage.mine(300)
    await round(it, [decision])
    const signed = await attempts(it)
    expect(signed).toHaveLength(2)
    const [first, second] = signed.map(readSigned)
    expect(second?.call).toEqual(first?.call)
    expect(signed[1]?.nonce).toBe(signed[0]?.nonce)
    for (const fee of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const)
      expect(second && first && second.fees[fee] * 8n >= first.fees[fee] * 9n).toBe(true)
    expect(second?.fees.maxFeePerGas).toBeGreaterThan(300n * GWEI)

    await finish(it, [decision])
    expect(await stage.statusOf(decision.result?.id as `0x${string}`)).toBe('challenged')
    expect((await attempts(it)).map(({ state }) => state)).toEqual(['dropped', 'mined'])
    expect((await actions(it)).map(({ state }) => state)).toEqual(['done'])
    // To the wei: one bond and the gas that the journal says.
    const [, mined] = await attempts(it)
    expect(before - (await stage.balance())).toBe(terms.challengeBond + BigInt(mined?.gasPaid ?? 0))
    expect(await stage.client.getTransactionCount({ address: stage.watcher.address })).toBe((mined?.nonce ?? -2) + 1)
  })

  test('ends the same when an older one of its nonce is mined after all', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    await stage.mine(1000, 3)
    await round(it, [decision])
    const [older, newer] = await attempts(it)
    await stage.client.request({ method: 'anvil_dropAllTransactions' } as never)
    await stage.mine()
    await stage.client.sendRawTransaction({ serializedTransaction: older?.raw as `0x${string}` })
    await finish(it, [decision])
    expect((await attempts(it)).map(({ hash, state }) => [hash, state])).toEqual([
      [older?.hash, 'mined'],
      [newer?.hash, 'dropped'],
    ])
    expect((await attempts(it))[1]?.reason).toContain(older?.hash)
    expect((await actions(it))[0]).toMatchObject({ state: 'done' })
  })

  test('is broadcast again when the pool has forgotten it', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    const [one] = await attempts(it)
    await stage.test.dropTransaction({ hash: one?.hash as `0x${string}` })
    expect(await stage.pool()).toEqual([])
    await round(it, [decision])
    expect(await stage.pool()).toEqual([one?.hash])
    await finish(it, [decision])
    expect((await attempts(it)).map(({ state }) => state)).toEqual(['mined'])
  })
})

describe('the lane', () => {
  test('goes on after a kill between journal and broadcast, with the very same bytes', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    // Nothing gets out: as far as the chain knows, the process died first.
    const silent = { ...it.chain.client, sendRawTransaction: () => Promise.reject(new Error('killed')) }
    await round({ ...it, chain: { ...it.chain, client: silent as never } }, [decision])
    expect(await stage.pool()).toEqual([])
    const [signed] = await attempts(it)
    await it.journal.destroy()

    const next = await stage.watch({}, it.folder)
    await round(next, [decision])
    expect(await stage.pool()).toEqual([signed?.hash])
    await finish(next, [decision])
    expect((await attempts(next)).map(({ hash, state }) => [hash, state])).toEqual([[signed?.hash, 'mined']])
  })

  test('decides anew when somebody with the same key used the nonce', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    const [ours] = await attempts(it)
    await stage.test.dropTransaction({ hash: ours?.hash as `0x${string}` })
    const wallet = createWalletClient({ account: stage.watcher, chain: anvil, transport: http(stage.chain.rpcUrl) })
    const fees = { maxFeePerGas: 50n * GWEI, maxPriorityFeePerGas: 5n * GWEI, gas: 21_000n }
    await wallet.sendTransaction({ to: stage.other.address, value: 1n, nonce: ours?.nonce as number, ...fees })
    await finish(it, [decision])
    const signed = await attempts(it)
    expect(signed.map(({ state, reason }) => [state, reason])).toEqual([
      ['dropped', 'another transaction used its nonce'],
      ['mined', null],
    ])
    expect(signed[1]?.nonce).toBe((ours?.nonce as number) + 1)
    expect(await stage.statusOf(decision.result?.id as `0x${string}`)).toBe('challenged')
  })

  test('is freed by a self-transfer when its first has become moot and another waits behind', async () => {
    const it = await stage.watch()
    const first = await stage.decisionFor(await stage.post('wrong'))
    const second = await stage.decisionFor(await stage.post('wrong too'))
    await round(it, [first, second])
    // Somebody else is faster with the first, at a price that ours do not pay.
    const wallet = createWalletClient({ account: stage.other, chain: anvil, transport: http(stage.chain.rpcUrl) })
    const fees = { maxFeePerGas: 5000n * GWEI, maxPriorityFeePerGas: 100n * GWEI, gas: 500_000n }
    const [{ raw } = { raw: '0x' }] = await attempts(it)
    const { to, data, value } = readSigned({ raw }).call
    await wallet.sendTransaction({ to, data, value, ...fees })
    await stage.mine(1000, 3)
    await round(it, [first, second])
    await stage.mine(1000, 3)
    await round(it, [second])
    await finish(it, [second])

    const signed = await attempts(it)
    const own = signed.filter(({ nonce }) => nonce === signed[0]?.nonce)
    expect(own.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['act dropped', 'cancel mined'])
    const cancel = parseTransaction(own[1]?.raw as `0x02${string}`)
    expect([cancel.to, cancel.value ?? 0n, cancel.data ?? '0x']).toEqual([
      stage.watcher.address.toLowerCase(),
      0n,
      '0x',
    ])
    expect((await actions(it)).map(({ state }) => state)).toEqual(['abandoned', 'done'])
    expect(await stage.statusOf(second.result?.id as `0x${string}`)).toBe('challenged')
  })

  test('is not blocked by a withdrawal whose gas costs more than it brings', async () => {
    const it = await stage.watch()
    const rejected = await owedToUs()
    expect(await stage.statusOf(rejected)).toBe('rejected')
    const withdrawal = stage.withdrawal()
    const challenge = await stage.decisionFor(await stage.post('wrong too'))
    await round(it, [withdrawal])
    await round(it, [challenge, withdrawal])
    // 0.0015 ether a transaction of 21,000 gas: no problem for the challenge's half ether, too much for the withdrawal.
    for (let i = 0; i < 12; i++) {
      await stage.mine(3000)
      await round(it, [challenge, withdrawal])
    }
    expect(await stage.statusOf(challenge.result?.id as `0x${string}`)).toBe('challenged')
    const of = (purpose: string) => attempts(it).then((all) => all.filter((one) => one.purpose === purpose))
    const cancelled = (await of('cancel')).find(({ state }) => state === 'mined')
    expect(cancelled).toBeDefined()
    for (const one of await of('act')) {
      const { gas, fees, call } = readSigned(one)
      expect(gas * fees.maxFeePerGas <= (call.value === 0n ? WORTH : terms.nodeBond / 2n)).toBe(true)
    }
    // What it offered at last is a quarter of what it brings, to the wei.
    const offers = (await attempts(it)).filter(({ purpose, nonce }) => purpose === 'act' && nonce === cancelled?.nonce)
    const last = readSigned(offers.at(-1) as { raw: string })
    expect(last.fees.maxFeePerGas).toBe(WORTH / (4n * last.gas))
    // And it is fetched once gas is cheap again.
    await stage.mine()
    await round(it, [withdrawal])
    await finish(it, [])
    expect((await actions(it)).map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'challenge done',
      'withdraw done',
    ])
  })

  test('closes a gap that a reorg left before those that wait', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    const wallet = createWalletClient({ account: stage.watcher, chain: anvil, transport: http(stage.chain.rpcUrl) })
    await wallet.sendTransaction({ to: stage.other.address, value: 1n, gas: 21_000n })
    await stage.mine()
    await round(it, [decision])
    await stage.client.request({ method: 'anvil_reorg', params: [1, []] } as never)
    await finish(it, [decision])
    expect((await attempts(it)).map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['act mined', 'fill mined'])
    expect((await actions(it)).map(({ state }) => state)).toEqual(['done'])
  })
})

/** What the withdrawal of these tests brings, in wei. */
const WORTH = (terms.nodeBond * BigInt(terms.rewardBps)) / 10_000n + terms.challengeBond

/** Lets the node be silent to a challenge of ours. @returns the result's id */
async function owedToUs(): Promise<`0x${string}`> {
  const id = await stage.post('wrong')
  await stage.move(stage.watcher, 'challenge', [id], terms.challengeBond)
  const { timestamp } = await stage.client.getBlock()
  await stage.test.setNextBlockTimestamp({ timestamp: timestamp + terms.revealWindow + 60n })
  await stage.mine()
  await stage.move(stage.other, 'claimSilence', [id])
  return id
}
