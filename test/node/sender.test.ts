import { type HDAccount, parseEther, zeroAddress } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { Sender } from '../../node/sender.ts'
import { Harness, silentLog, testClientOf } from './harness.ts'

let at: Harness
beforeAll(async () => {
  at = await Harness.start()
})
afterAll(() => at?.stop())

const senderFor = (account: HDAccount, timeoutMs?: number) =>
  new Sender({ client: at.client, account, contract: at.contract, log: silentLog, pollMs: 20, timeoutMs })
const freeBondOf = (account: HDAccount) =>
  at.client.readContract({ address: at.contract, abi: gainsayAbi, functionName: 'freeBondOf', args: [account.address] })

it('sends one move after the other, however they are asked for', async () => {
  const account = at.freshAccount()
  const sender = senderFor(account)
  const moves = [1n, 2n, 3n].map((value) => sender.send({ functionName: 'bond', args: [], value }))
  expect((await Promise.all(moves)).map(({ type }) => type)).toEqual(['mined', 'mined', 'mined'])
  expect(await freeBondOf(account)).toBe(6n)
})

it('sends moves side by side, past those that the contract refuses', async () => {
  const account = at.freshAccount()
  const bond = (value: bigint) => ({ functionName: 'bond', args: [], value }) as const
  const moves = [bond(1n), { functionName: 'unbond', args: [100n] } as const, bond(2n), bond(3n)]
  const test = testClientOf(at.chain)
  await test.setIntervalMining({ interval: 0 })
  try {
    const outcomes = senderFor(account).sendAll(moves)
    await at.eventually(async () => (await test.getTxpoolStatus()).pending === 3, 'the transactions')
    await test.mine({ blocks: 1 })
    expect((await outcomes).map(({ type }) => type)).toEqual(['mined', 'refused', 'mined', 'mined'])
    expect(await freeBondOf(account)).toBe(6n)
  } finally {
    await test.setIntervalMining({ interval: 1 })
  }
})

it('replaces a lane that got stuck, as far as it has something to send', async () => {
  const account = at.freshAccount()
  const bond = (value: bigint) => ({ functionName: 'bond', args: [], value }) as const
  const test = testClientOf(at.chain)
  await test.setIntervalMining({ interval: 0 })
  try {
    const sender = senderFor(account, 300)
    const lane = async (...values: bigint[]) => (await sender.sendAll(values.map(bond))).map(({ type }) => type)
    expect(await lane(1n, 1n, 1n)).toEqual(['lost', 'lost', 'lost'])
    expect(await lane(10n, 10n)).toEqual(['lost', 'lost'])
    expect(await test.getTxpoolStatus()).toEqual({ pending: 3, queued: 0 })
    await test.mine({ blocks: 1 })
    expect(await freeBondOf(account)).toBe(21n)
    const next = sender.send(bond(100n))
    await at.eventually(async () => (await test.getTxpoolStatus()).pending === 1, 'the next one')
    await test.mine({ blocks: 1 })
    expect(['mined', 'lost']).toContain((await next).type)
    expect(await freeBondOf(account)).toBe(121n)
  } finally {
    await test.setIntervalMining({ interval: 1 })
  }
})

it('sends nothing that the contract refuses, and names the error', async () => {
  const account = at.freshAccount()
  const outcome = await senderFor(account).send({ functionName: 'unbond', args: [1n] })
  expect(outcome).toEqual({ type: 'refused', reason: 'BondTooSmall(0, 1)' })
  const nothing = await senderFor(account).send({ functionName: 'withdraw', args: [zeroAddress] })
  expect(nothing).toMatchObject({ type: 'refused', reason: expect.stringContaining('NothingToWithdraw') })
  expect(await at.client.getTransactionCount({ address: account.address })).toBe(0)
})

it('sends nothing that the account cannot pay', async () => {
  const account = at.freshAccount()
  const outcome = await senderFor(account).send({ functionName: 'bond', args: [], value: parseEther('20000') })
  expect(outcome.type).toBe('refused')
})

it('replaces a stuck transaction instead of queueing behind it', async () => {
  const account = at.freshAccount()
  const test = testClientOf(at.chain)
  await senderFor(account).send({ functionName: 'bond', args: [], value: 5n })
  await test.setIntervalMining({ interval: 0 })
  try {
    const sender = senderFor(account, 300)
    // The first would leave nothing for the second, if the second were simulated on top of it.
    const unbond = (amount: bigint) => sender.send({ functionName: 'unbond', args: [amount] })
    expect((await unbond(5n)).type).toBe('lost')
    expect((await unbond(3n)).type).toBe('lost')
    const pool = await test.getTxpoolStatus()
    expect(pool).toEqual({ pending: 1, queued: 0 })
    await test.mine({ blocks: 1 })
    expect(await freeBondOf(account)).toBe(2n)
    expect(await at.client.getTransactionCount({ address: account.address })).toBe(2)
  } finally {
    await test.setIntervalMining({ interval: 1 })
  }
})

it('gives up on a transaction that vanished long before its time is over', async () => {
  const account = at.freshAccount()
  const test = testClientOf(at.chain)
  await test.setIntervalMining({ interval: 0 })
  try {
    const outcome = senderFor(account, 60_000).send({ functionName: 'bond', args: [], value: 5n })
    await at.eventually(async () => (await test.getTxpoolStatus()).pending === 1, 'the transaction')
    const started = Date.now()
    await at.client.request({ method: 'anvil_dropAllTransactions' } as never)
    expect((await outcome).type).toBe('lost')
    expect(Date.now() - started).toBeLessThan(10_000)
  } finally {
    await test.setIntervalMining({ interval: 1 })
  }
})
