import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createWalletClient, type Hex, http } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { intend, openActions } from '../../journal/queries.ts'
import { endNonce, recordSigned, revertedBlocks } from '../../journal/sending.ts'
import { act } from '../../watcher/act.ts'
import { feeCap } from '../../watcher/send/fees.ts'
import { readSigned } from '../../watcher/send/sign.ts'
import { retire } from '../../watcher/settle.ts'
import { actions, attempts, observe, round, type Stage, startSendStage, terms } from './send-stage.ts'

const GWEI = 10n ** 9n

let stage: Stage
let snapshot: Hex
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

const reorg = (depth: number, calls: unknown[] = []) =>
  stage.client.request({ method: 'anvil_reorg', params: [depth, calls] } as never)

describe('a reorg', () => {
  test('that takes a challenge back opens the action again, and the very same bytes are mined', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    await stage.mine()
    await round(it, [])
    expect((await actions(it))[0]).toMatchObject({ state: 'done' })
    await reorg(1)
    await round(it, [])
    expect((await actions(it))[0]).toMatchObject({ state: 'open', reason: expect.stringContaining('reorg') })
    expect((await attempts(it)).map(({ state, gasPaid }) => [state, gasPaid])).toEqual([['signed', null]])
    await stage.mine()
    await round(it, [])
    expect((await actions(it))[0]).toMatchObject({ state: 'done' })
    expect(await attempts(it)).toHaveLength(1)
    expect(await stage.statusOf(decision.result?.id as Hex)).toBe('challenged')
  })

  test('that puts another result in the place of the judged one makes our transaction void, never wrong', async () => {
    const it = await stage.watch()
    const judged = await stage.post('wrong')
    const decision = await stage.decisionFor(judged)
    await round(it, [decision])
    const [signed] = await attempts(it)
    // The node thinks better of it: the same request, another output.
    await reorg(1)
    const other = await stage.postAgain('right')
    expect(other).not.toBe(judged)
    await stage.client.sendRawTransaction({ serializedTransaction: signed?.raw as Hex }).catch(() => {})
    await stage.mine()
    await round(it, [])
    expect(await stage.statusOf(other)).toBe('posted')
    expect(await stage.statusOf(judged)).toBe('none')
    expect((await attempts(it))[0]).toMatchObject({ state: 'reverted', reason: expect.stringContaining('WrongStatus') })
    expect((await actions(it))[0]).toMatchObject({ state: 'abandoned' })
  })

  test('between looking and sending lets no other action take the nonce of what it took back', async () => {
    const it = await stage.watch()
    const [first, second] = [
      await stage.decisionFor(await stage.post('wrong')),
      await stage.decisionFor(await stage.post('wrong too')),
    ]
    await round(it, [first])
    await stage.mine()
    await round(it, [])
    await reorg(1)
    await observe(it, second)
    await expect(act(it, stage.watcher, second)).rejects.toThrow('A reorg has taken back the transaction with nonce')
    await round(it, [second])
    await stage.mine()
    await round(it, [])
    expect((await actions(it)).map(({ state }) => state)).toEqual(['done', 'done'])
    for (const { result } of [first, second]) expect(await stage.statusOf(result?.id as Hex)).toBe('challenged')
  })

  test('that puts another action’s transaction in the place of one makes that one to be done again', async () => {
    const it = await stage.watch()
    const intent = { observationKey: null, resultId: null, value: '0', deadline: null, reason: 'a test' }
    const end = async (hash: string, key: string) => {
      const { id } = await intend(it.journal, { ...intent, key, kind: 'challenge' }, 1)
      const attempt = {
        hash,
        nonce: 3,
        sender: '0xaa',
        actionId: id,
        raw: hash,
        purpose: 'act',
        signedAtBlock: 1,
      } as const
      await recordSigned(it.journal, attempt, 1)
      const done = { id, state: 'done', reason: 'mined' } as const
      const at = { state: 'mined', blockNumber: 2, blockHash: '0x', gasPaid: 1n, reason: null } as const
      await endNonce(it.journal, { attempt, ...at, action: done }, 1)
    }
    await end('0x01', 'first')
    await end('0x02', 'second')
    expect((await actions(it)).map(({ key, state }) => `${key} ${state}`)).toEqual(['first open', 'second done'])
    expect((await attempts(it)).map(({ state }) => state)).toEqual(['dropped', 'mined'])
  })

  test('that mines several tries of an action in one block without effect counts as one', async () => {
    const it = await stage.watch()
    const intent = { observationKey: null, resultId: null, value: '0', deadline: null, reason: 'a test' }
    const { id } = await intend(it.journal, { ...intent, key: 'tried', kind: 'convict' }, 1)
    for (const [nonce, blockNumber] of [
      [1, 7],
      [2, 7],
      [3, 7],
      [4, 9],
    ] as const) {
      const attempt = {
        hash: `0x${nonce}`,
        nonce,
        sender: '0xaa',
        actionId: id,
        raw: '0x',
        purpose: 'act',
        signedAtBlock: 1,
      } as const
      await recordSigned(it.journal, attempt, 1)
      const at = { state: 'reverted', blockNumber, blockHash: '0x', gasPaid: 1n, reason: 'too early' } as const
      await endNonce(it.journal, { attempt, ...at }, 1)
    }
    expect(await revertedBlocks(it.journal, id)).toEqual(new Set([7, 9]))
  })

  test('that the index has not seen yet makes nobody cancel what is wanted again a round later', async () => {
    const it = await stage.watch()
    const wanted = [
      await stage.decisionFor(await stage.post('wrong')),
      await stage.decisionFor(await stage.post('wrong too')),
    ]
    await round(it, wanted)
    await stage.mine(1, 5)
    await round(it, [])
    expect((await actions(it)).map(({ state }) => state)).toEqual(['done', 'done'])
    await reorg(5)
    // By the index both are challenged still, so nothing is called for.
    await round(it, [])
    await retire(it, await openActions(it.journal), new Set())
    await round(it, wanted)
    await stage.mine()
    await round(it, [])
    expect(new Set((await attempts(it)).map(({ purpose }) => purpose))).toEqual(new Set(['act']))
    for (const { result } of wanted) expect(await stage.statusOf(result?.id as Hex)).toBe('challenged')
  })

  test('that posts the same result in another block takes over what is under way for it', async () => {
    const it = await stage.watch()
    const id = await stage.post('wrong')
    const before = await stage.decisionFor(id)
    await round(it, [before])
    await reorg(1)
    // Else it would be mined together with the post.
    await stage.client.request({ method: 'anvil_dropAllTransactions' } as never)
    expect(await stage.postAgain('wrong')).toBe(id)
    const after = await stage.decisionFor(id)
    expect(after.key).not.toBe(before.key)
    await round(it, [after])
    expect(await attempts(it)).toHaveLength(1)
    await stage.mine()
    await round(it, [])
    expect((await actions(it)).map(({ key, state }) => [key, state])).toEqual([
      [before.key, 'abandoned'],
      [after.key, 'done'],
    ])
    expect(await attempts(it)).toHaveLength(1)
  })
})

describe('what the chain refuses', () => {
  test('is learned from the block where it failed, and decided', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    const [signed] = await attempts(it)
    const { to, data, value } = readSigned(signed as { raw: string }).call
    // In the same block, before ours.
    const wallet = createWalletClient({ account: stage.other, chain: anvil, transport: http(stage.chain.rpcUrl) })
    await wallet.sendTransaction({
      ...{ to, data, value, gas: 500_000n },
      ...{ maxFeePerGas: 9000n * GWEI, maxPriorityFeePerGas: 900n * GWEI },
    })
    await stage.mine()
    await round(it, [])
    expect((await attempts(it))[0]).toMatchObject({ state: 'reverted' })
    expect((await actions(it))[0]).toMatchObject({
      state: 'abandoned',
      reason: expect.stringMatching(/already challenged: somebody was faster/),
      stoppedAt: null,
    })
  })

  test('is not sent at all once the simulation says so, and said once', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await stage.move(stage.other, 'challenge', [decision.result?.id], terms.challengeBond)
    for (let i = 0; i < 3; i++) await round(it, [decision])
    expect(await attempts(it)).toEqual([])
    expect(it.said.filter((line) => line.includes('not sent'))).toHaveLength(1)
    await retire(it, await openActions(it.journal), new Set())
    expect((await actions(it))[0]).toMatchObject({ state: 'abandoned' })
  })

  test('waits while gas costs more than can be won, and goes when it is cheap again', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await stage.mine(100_000)
    await round(it, [decision])
    expect(await attempts(it)).toEqual([])
    expect((await actions(it))[0]).toMatchObject({
      state: 'open',
      objection: expect.stringMatching(/gas costs 100000000000000 wei a unit/),
    })
    await stage.mine()
    await round(it, [decision])
    await stage.mine()
    await round(it, [])
    expect((await actions(it))[0]).toMatchObject({ state: 'done', objection: null })
  })

  test('may cost all that can be won in the last blocks, to the wei and no more', async () => {
    const it = await stage.watch()
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await stage.mine(3000)
    await round(it, [decision])
    expect(await attempts(it)).toEqual([])
    const timestamp = (decision.deadline as bigint) - 50n
    await stage.test.setNextBlockTimestamp({ timestamp })
    await stage.mine(3000)
    await round(it, [decision])
    const [signed] = await attempts(it)
    const { gas, fees } = readSigned(signed as { raw: string })
    const valueWei = (terms.nodeBond * BigInt(terms.rewardBps)) / 10_000n
    expect(fees.maxFeePerGas).toBe(feeCap({ valueWei, gas, blocksLeft: 0 }))
    expect(gas * fees.maxFeePerGas <= valueWei && gas * (fees.maxFeePerGas + 1n) > valueWei).toBe(true)
    // Nor does it bid more when that is not enough.
    await stage.test.setNextBlockBaseFeePerGas({ baseFeePerGas: 5000n * GWEI })
    await stage.test.setNextBlockTimestamp({ timestamp: timestamp + 1n })
    await stage.test.mine({ blocks: 1 })
    await round({ ...it, config: { ...it.config, bumpBlocks: 1 } }, [decision])
    expect(await attempts(it)).toHaveLength(1)
  })
})

describe('a private relay', () => {
  let server: Server
  let received: string[]
  beforeEach(async () => {
    received = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { id, params } = JSON.parse(body) as { id: number; params: string[] }
        received.push(params[0] as string)
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result: `0x${'00'.repeat(32)}` }))
      })
    }).listen(0, '127.0.0.1')
    await new Promise((up) => server.once('listening', up))
  })
  afterEach(() => new Promise((down) => server.close(down)))

  const settings = (more: Record<string, string> = {}) => ({
    GAINSAY_RELAY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`,
    GAINSAY_RELAY_PATIENCE_BLOCKS: '4',
    ...more,
  })

  test('is the only one shown a transaction, and what it mines is followed as any other', async () => {
    const it = await stage.watch(settings())
    const decision = await stage.decisionFor(await stage.post('wrong'))
    await round(it, [decision])
    for (let i = 0; i < 6; i++) {
      await stage.mine()
      await round(it, [decision])
    }
    expect(await stage.pool()).toEqual([])
    const signed = await attempts(it)
    // Pushed there as anywhere.
    expect(signed.length).toBeGreaterThan(1)
    expect(received).toContain(signed.at(-1)?.raw)
    await stage.client.sendRawTransaction({ serializedTransaction: received.at(-1) as Hex })
    await stage.mine()
    await round(it, [])
    expect((await actions(it))[0]).toMatchObject({ state: 'done' })
  })

  test('that does nothing is passed by when the deadline presses, unless it alone may be used', async () => {
    for (const only of ['0', '1']) {
      const it = await stage.watch(settings({ GAINSAY_RELAY_ONLY: only }))
      const decision = await stage.decisionFor(await stage.post(`wrong ${only}`))
      await round(it, [decision])
      await stage.mine(1, 4)
      await stage.test.setNextBlockTimestamp({ timestamp: (decision.deadline as bigint) - 60n })
      await stage.mine()
      await round(it, [decision])
      expect(await stage.pool()).toHaveLength(only === '1' ? 0 : 1)
      await stage.client.request({ method: 'anvil_dropAllTransactions' } as never)
    }
  })

  test('that cannot be reached is named without its path', async () => {
    const it = await stage.watch(settings({ GAINSAY_RELAY_URL: 'http://127.0.0.1:1/secret-path?key=secret' }))
    await round(it, [await stage.decisionFor(await stage.post('wrong'))])
    expect(it.said.join('')).toContain('a broadcast was refused')
    expect(it.said.join('')).not.toContain('secret')
  })
})
