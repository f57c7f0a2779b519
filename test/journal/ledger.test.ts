import { type Hex, parseEther } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import { entriesAfter, type Sums, sumsOf } from '../../journal/ledger/rows.ts'
import { convict, demand, demanded, playHistory, playLive, SPARE, shown } from '../index/support/play.ts'
import { rpc } from '../index/support/rpc.ts'
import {
  CHALLENGE_BOND,
  DEMAND_TERMS,
  inline,
  NOBODY,
  NODE_BOND,
  type Stage,
  sha256,
  startStage,
  WINDOW,
} from '../index/support/stage.ts'
import { type LedgerStage, ledgerStage } from './ledger-stage.ts'

let stage: Stage
let ledger: LedgerStage
let watcher: Hex

beforeEach(async () => {
  stage = await startStage()
  ledger = await ledgerStage(stage)
  watcher = stage.cast.watcher
})
afterEach(async () => {
  await ledger.journal.destroy()
  await stage.stop()
})

/** Equal, and to the last wei: nothing is left unexplained. */
const exact = { equal: true, differences: [], unexplained: 0n, foreignNonces: 0 }
const REWARD = (NODE_BOND * 4999n) / 10_000n

const wei = async (account = watcher): Promise<Partial<Sums['wei']>> => {
  const { wei } = await sumsOf(ledger.journal, account)
  return Object.fromEntries(Object.entries(wei).filter(([kind, amount]) => kind !== 'gas' && amount > 0n))
}

describe('a ledger', () => {
  test('explains every wei of everybody who challenges, convicts, demands and appeals', async () => {
    const { watcher, otherWatcher, convictor } = stage.cast
    const everybody = [watcher, otherWatcher, convictor]
    for (const account of everybody) expect(await ledger.check(account)).toMatchObject(exact)
    const from = Number(await stage.head()) + 1
    const played = await playHistory(stage)
    for (const account of everybody) {
      await ledger.own(account, from)
      expect(await ledger.check(account)).toMatchObject(exact)
    }
    await playLive(stage, played)
    for (const account of everybody) {
      await ledger.own(account, from)
      expect(await ledger.check(account)).toMatchObject(exact)
    }
    const fee = (count: number) => DEMAND_TERMS.baseFee + BigInt(count) * DEMAND_TERMS.chunkFee
    expect(await wei(watcher)).toEqual({
      bonded: 5n * CHALLENGE_BOND,
      // Eight others were before the first one: twice the price, and half of it burnt.
      fee: 2n * fee(0) + fee(1) + fee(1) + SPARE,
      lost: fee(0),
      won: 2n * REWARD,
      returned: 4n * CHALLENGE_BOND + fee(0) + SPARE,
      withdrawn: 2n * REWARD + 4n * CHALLENGE_BOND + fee(0) + SPARE,
    })
    expect(await wei(otherWatcher)).toEqual({
      bonded: 4n * CHALLENGE_BOND,
      fee: fee(2),
      lost: CHALLENGE_BOND + fee(2),
    })
    // Whoever claimed what was withheld brought its fee back as well; and the convictor never withdrew.
    expect(await wei(convictor)).toEqual({ fee: fee(16), won: 2n * REWARD, returned: fee(16) })
  })

  test('that begins in the middle calls owed what comes back of bonds it never saw', async () => {
    const result = await posted('early')
    await stage.move(watcher, 'challenge', [result], CHALLENGE_BOND)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    await stage.pass(WINDOW + 1)
    await stage.move(stage.cast.stranger, 'claimSilence', [result])
    expect(await ledger.check(watcher)).toMatchObject(exact)
    expect(await wei()).toEqual({ won: REWARD, owed: CHALLENGE_BOND })
  })

  test('counts the gas of what reverted', async () => {
    await ledger.check(watcher)
    const from = Number(await stage.head()) + 1
    await expect(stage.move(watcher, 'challenge', [sha256('no result')], CHALLENGE_BOND)).rejects.toThrow()
    await ledger.own(watcher, from)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    expect((await sumsOf(ledger.journal, watcher)).count).toMatchObject({ gas: 1, bonded: 0 })
  })

  test('keeps bond and fee apart from what was sent along with a demand above its fee, once all that is deep', async () => {
    const { cast, move, argue, pass } = stage
    const result = await posted('surplus')
    await ledger.check(watcher)
    const from = Number(await stage.head()) + 1
    await move(watcher, 'challenge', [result], CHALLENGE_BOND)
    await move(cast.node, 'reveal', [result, sha256('trace'), 'ipfs://trace'])
    await pass(1)
    const demandId = await demand(stage, result, watcher, demanded.returned, SPARE)
    await argue(cast.stranger, 'supply', [demandId, shown.supply])
    await ledger.own(watcher, from)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    await stage.mine(200)
    for (let i = 0; i < 3; i++) expect(await ledger.check(watcher)).toMatchObject(exact)
    await pass(3 * WINDOW)
    await move(cast.stranger, 'finalize', [result])
    await argue(cast.stranger, 'settleDemand', [demandId])
    expect(await ledger.check(watcher)).toMatchObject(exact)
    const fee = (await wei()).fee ?? 0n
    expect(await wei()).toEqual({ bonded: CHALLENGE_BOND, fee, returned: SPARE, lost: CHALLENGE_BOND + fee - SPARE })
  })

  test('tells what was withdrawn to another address', async () => {
    const result = await posted('elsewhere')
    await ledger.check(watcher)
    const from = Number(await stage.head()) + 1
    await stage.move(watcher, 'challenge', [result], CHALLENGE_BOND)
    await stage.pass(WINDOW + 1)
    await stage.move(watcher, 'claimSilence', [result])
    await stage.move(watcher, 'withdraw', [stage.cast.stranger])
    await ledger.own(watcher, from)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    const out = REWARD + CHALLENGE_BOND
    expect(await wei()).toMatchObject({ withdrawn: out, forwarded: out })
  })

  test('shows money from outside and other transactions of the key as unexplained, and is equal', async () => {
    await ledger.check(watcher)
    const gift = parseEther('1')
    const transfer = async (from: Hex, to: Hex, value: bigint) => {
      await rpc(stage.rpcUrl, 'eth_sendTransaction', { from, to, value: `0x${value.toString(16)}` })
      await stage.mine(1)
    }
    await transfer(stage.cast.stranger, watcher, gift)
    expect(await ledger.check(watcher)).toMatchObject({ ...exact, unexplained: gift })
    await transfer(watcher, stage.cast.stranger, gift)
    const after = await ledger.check(watcher)
    expect(after).toMatchObject({ equal: true, foreignNonces: 1 })
    expect(after.unexplained).toBeLessThan(0n)
    // However long ago: the anchor has passed both.
    await stage.mine(200)
    await ledger.check(watcher)
    expect(await ledger.check(watcher)).toMatchObject({ equal: true, unexplained: after.unexplained })
  })

  test('differs when wei are gone without a transaction, and goes on saying so', async () => {
    await ledger.check(watcher)
    await stage.mine(200)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    const balance = await stage.client.getBalance({ address: watcher })
    await rpc(stage.rpcUrl, 'anvil_setBalance', watcher, `0x${(balance - 1n).toString(16)}`)
    await stage.mine(1)
    const difference = { what: 'balance', resultId: null, expected: balance, actual: balance - 1n }
    expect(await ledger.check(watcher)).toMatchObject({ equal: false, differences: [difference] })
    await stage.mine(300)
    await ledger.check(watcher)
    expect(await ledger.check(watcher)).toMatchObject({ equal: false, differences: [difference] })
  })

  test.each([
    ['won', 'credit'],
    ['returned', 'stake'],
  ])('differs when an entry (%s) is missing', async (kind, what) => {
    const result = await posted('missing')
    await ledger.check(watcher)
    const from = Number(await stage.head()) + 1
    await stage.move(watcher, 'challenge', [result], CHALLENGE_BOND)
    await stage.pass(WINDOW + 1)
    await stage.move(stage.cast.stranger, 'claimSilence', [result])
    await ledger.own(watcher, from)
    // Settled deep enough to be read no more.
    await stage.mine(200)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    await ledger.journal
      .deleteFrom('entry')
      .where('kind', '=', kind as 'won')
      .execute()
    const { equal, differences } = await ledger.check(watcher)
    expect(equal).toBe(false)
    expect(differences.map((one) => one.what)).toContain(what)
  })
})

describe('a reorg', () => {
  test('takes entries with it, and brings others, however deep', async () => {
    const first = await posted('first')
    const second = await posted('second')
    await ledger.check(watcher)
    for (const depth of [3, 130]) {
      const from = Number(await stage.head()) + 1
      const result = depth === 3 ? first : second
      await stage.move(watcher, 'challenge', [result], CHALLENGE_BOND)
      await stage.mine(depth - 1)
      await ledger.own(watcher, from)
      expect(await ledger.check(watcher)).toMatchObject(exact)
      expect(await entriesAfter(ledger.journal, watcher, 0)).toHaveLength(2)
      await rpc(stage.rpcUrl, 'anvil_reorg', depth, [])
      const { vanished, ...rest } = await ledger.check(watcher)
      expect(vanished).toHaveLength(2)
      expect(rest).toMatchObject(exact)
      expect(await entriesAfter(ledger.journal, watcher, 0)).toEqual([])
    }
  })

  test('of the very block at which a ledger begins moves its beginning', async () => {
    const result = await posted('begun')
    await stage.move(watcher, 'challenge', [result], CHALLENGE_BOND)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    await rpc(stage.rpcUrl, 'anvil_reorg', 2, [])
    expect(await ledger.check(watcher)).toMatchObject(exact)
    expect(await stage.client.getTransactionCount({ address: watcher })).toBe(0)
  })
})

test.each([1, 2, 3])('random moves under reorgs leave ledger and chain equal (seed %i)', async (seed) => {
  const { cast, move, argue, pass } = stage
  let state = seed
  const random = (n: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * n)
  }
  await ledger.check(watcher)
  const from = Number(await stage.head()) + 1
  const results: Hex[] = []
  for (let i = 0; i < 6; i++) results.push(await posted(`random ${i}`, i === 0))
  const any = () => results[random(results.length)] as Hex
  const moves: (() => Promise<unknown>)[] = [
    () => move(watcher, 'challenge', [any()], CHALLENGE_BOND),
    () => move(watcher, 'challenge', [any()], CHALLENGE_BOND),
    () => move(cast.otherWatcher, 'challenge', [any()], CHALLENGE_BOND),
    () => move(cast.node, 'reveal', [any(), sha256('trace'), 'ipfs://trace']),
    () => move(cast.stranger, 'claimSilence', [any()]),
    () => move(cast.stranger, 'finalize', [any()]),
    () => convict(stage, any()),
    () => demand(stage, any(), watcher, demanded.returned),
    () => demand(stage, any(), watcher, demanded.paid),
    async () => argue(cast.stranger, 'supply', [await demandIdOf(any()), shown.supply]),
    async () => argue(cast.stranger, 'settleDemand', [await demandIdOf(any())]),
    () => move(watcher, 'withdraw', [watcher]),
    () => pass(WINDOW / 4),
    () => pass(WINDOW + 1),
    () => rpc(stage.rpcUrl, 'anvil_reorg', 1 + random(8), []),
  ]
  for (let i = 0; i < 60; i++) {
    await moves[random(moves.length)]?.().catch(() => {})
    if (random(3) > 0) continue
    await ledger.own(watcher, from)
    expect(await ledger.check(watcher)).toMatchObject(exact)
  }
  await ledger.own(watcher, from)
  expect(await ledger.check(watcher)).toMatchObject(exact)
  expect((await sumsOf(ledger.journal, watcher)).wei.gas).toBeGreaterThan(0n)
})

function demandIdOf(resultId: Hex): Promise<Hex> {
  return stage.client.readContract({
    ...{ address: stage.conviction, abi: convictionAbi, functionName: 'demandIdOf' },
    args: [resultId, demanded.paid],
  })
}

let modelId: Hex | undefined

/** A result of the node's, ready to be challenged. */
async function posted(name: string, first = true): Promise<Hex> {
  const { cast, move } = stage
  if (first) {
    const known = await stage.events()
    modelId = known.find(({ eventName }) => eventName === 'ModelRegistered')?.topics[1]
  }
  if (!modelId) {
    modelId = await move(cast.registrant, 'registerModel', [
      {
        ...{ modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: NOBODY },
        ...{ precision: 1, tolerance: 1n, rule: 1, lambda: 0 },
      },
    ])
    await move(cast.node, 'bond', [], 20n * NODE_BOND)
  }
  const deadline = (await stage.now()) + 10_000n
  const request = await move(cast.requester, 'request', [modelId, NOBODY, inline(`input ${name}`), deadline], 7n)
  return move(cast.node, 'post', [request, inline(`output ${name}`)])
}
